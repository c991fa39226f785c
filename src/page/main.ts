// What the page of page.html calls; bundled into it by scripts/verify-page.mjs.
import { verifyProof } from '../core/proof.ts';

Object.assign(globalThis, {
  /** Whether a run's proof holds against public keys in any spelling; `since`: an earlier checkpoint. */
  verifyProof: (proof: string, publicKeys: string[], since?: string) =>
    verifyProof(
      proof,
      publicKeys.map((publicKey) => ({ publicKey })),
      since,
    ),
});
