// Just enough XML for query-protocol answers.

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (letter) => ESCAPES[letter] as string);

/** An element; content that starts with `<` is taken as elements, everything else as text. */
export const element = (name: string, content: string): string =>
  `<${name}>${content.startsWith('<') ? content : escapeXml(content)}</${name}>`;
