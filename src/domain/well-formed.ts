// JSON can hold half of a character (`"\ud800"`), which no UTF-8 text can: what holds one is refused where it comes in.

/** Whether a text or a key anywhere in a JSON value is not well-formed Unicode. */
export function isIllFormed(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (Array.isArray(value)) return value.some(isIllFormed);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => !key.isWellFormed() || isIllFormed(item));
}
