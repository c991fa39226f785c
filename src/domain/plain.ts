// Text of others, safe to show.
import { stripVTControlCharacters } from 'node:util';

/**
 * Text from elsewhere (templates, cloud messages, identifiers) made safe for a terminal: control characters and escape
 * sequences gone, line breaks to spaces.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ');
}
