// Spells a command line so that it can be pasted into a shell.
import type { CloudOptions } from './options.ts';

/** The words as a POSIX shell reads them back. */
export function shell(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

/** The options that commands on the same stack need again, with a leading blank; empty for the defaults. */
export function placeOptions({ service, state, cloud, region, profile, roleArn, account }: CloudOptions): string {
  const words: string[] = [];
  if (service !== undefined) words.push('--service', service);
  else if (state !== '.assent') words.push('--state', state);
  if (cloud !== 'sandbox' && service === undefined) words.push('--cloud', cloud);
  if (region !== undefined) words.push('--region', region);
  if (profile !== undefined) words.push('--profile', profile);
  if (roleArn !== undefined) words.push('--role-arn', roleArn);
  if (account !== undefined) words.push('--account', account);
  return words.length === 0 ? '' : ` ${shell(words)}`;
}
