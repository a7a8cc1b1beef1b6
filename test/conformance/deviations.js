/**
 * Scenarios in which flowctl deviates from Prefect 1.x on purpose, by name, each
 * with the line of the design that says why. One that begins to agree does not
 * belong here, and fails the tests.
 */
export const DEVIATIONS = new Map([]);
