/** Everything the command line prints goes through here: JSON to stdout, the rest to stderr. */

/** One line to stderr. */
export function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function warn(line: string): void {
  log(`warning: ${line}`);
}

/** The one JSON document of a command run with --json. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Result text of a command run without --json. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Left-aligned first column, right-aligned others. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A number for people: fixed decimals, or a dash where there is none. */
export function figure(value: number | undefined, decimals: number): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(decimals);
}
