/** The scenario never comes to an end. */
export class Endless extends Error {}
export function expectationOf(scenario: object): { readonly tasks: object };
