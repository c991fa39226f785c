// A circle's settings as a file would give them.
import { circleOf } from '../../src/edge/config/open.ts';
import { configFrom } from '../../src/edge/service/config.ts';

/** With every default. */
export function settingsOf(circle: object) {
  const { circle: settings } = configFrom({ circle }, 'a test');
  if (settings === undefined) throw new Error('no circle');
  return settings;
}

export function circleFrom(circle: object) {
  const found = circleOf(settingsOf(circle));
  if (found === undefined) throw new Error('no circle');
  return found;
}
