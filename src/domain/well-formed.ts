// JSON can hold half of a character (`"\ud800"`), which no UTF-8 text can: what holds one is refused where it comes in.

/** Whether a text or a key anywhere in a JSON value is not well-formed Unicode; however deep it goes. */
export function isIllFormed(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string') {
      if (!one.isWellFormed()) return true;
    } else if (typeof one === 'object' && one !== null) {
      for (const [key, item] of Object.entries(one)) {
        if (!key.isWellFormed()) return true;
        left.push(item);
      }
    }
  }
  return false;
}
