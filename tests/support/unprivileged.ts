// Node as somebody for whom the modes of files hold. Root may write anywhere by a capability of its own: without it, root
// is such a user too. (To become another user would not do, for that one may not be able to read the clone.)

/** Program and first arguments: setpriv(1) of util-linux where we are root. */
export const UNPRIVILEGED_NODE: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override', process.execPath] : [process.execPath];
