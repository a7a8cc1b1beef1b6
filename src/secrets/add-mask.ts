/**
 * The workflow command that has GitHub Actions hide a value in the log. The line
 * itself shows the value: it may be printed there, and nowhere else.
 */
export function addMask(value: string): string {
  return `::add-mask::${value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")}\n`;
}
