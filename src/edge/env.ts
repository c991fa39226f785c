// The only reader of the process environment: one function per reader, each naming the variables it looks at.

/** What the command line may draw. https://no-color.org: any value of NO_COLOR but the empty one counts. */
export function terminalEnvironment(): { noColour: boolean; dumb: boolean } {
  const { NO_COLOR, TERM } = process.env;
  return { noColour: NO_COLOR !== undefined && NO_COLOR !== '', dumb: TERM === 'dumb' };
}
