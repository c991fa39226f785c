// Loaded into a process before its program: its wall clock begins at ASSENT_TEST_NOW (ms) and goes on from there. For
// tests of what was left behind at a known time.
const RealDate = Date;
const ahead = RealDate.now() - Number(process.env.ASSENT_TEST_NOW);

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() - ahead);
    else super(...given);
  }
  static now() {
    return RealDate.now() - ahead;
  }
};
