// Under which name a role is assumed: an account's CloudTrail shows it beside every call.
// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

const MOST = 64;

/** Which run it is and for whom: at most 64 of the characters that STS takes. */
export function sessionName(runId: string, by = ''): string {
  // Of an ARN what names a person: the user, or the session of a role.
  const who = by.split('/').at(-1) ?? '';
  return `${runId}@${who}`
    .replace(/[^\w+=,.@-]/g, '-')
    .replace(/@$/, '')
    .slice(0, MOST)
    .padEnd(2, '-');
}
