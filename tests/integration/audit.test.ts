// What is signed of a run, what proves it to others, and that nobody can change it unseen.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 240_000 };
const template = { Resources: { Queue: { Type: 'AWS::SQS::Queue' } } };
/** A circle that sees this is split. */
const open = {
  Resources: {
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'g',
        SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' }],
      },
    },
  },
};

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

async function deployed(stack = 'web', content: object = template): Promise<string> {
  const answer = await space.json('deploy', space.file('t.json', content), '--stack', stack, '--yes');
  expect(answer).toMatchObject({ code: 0 });
  return answer.document.runId;
}

async function keyFile(): Promise<string> {
  return space.file('key.pub', (await space.run('audit', 'key')).stdout);
}

async function proofOf(runId: string, name = 'proof.json'): Promise<AnyDocument> {
  const { code, document } = await space.json('audit', 'prove', runId);
  expect(code).toBe(0);
  space.file(name, document);
  return document;
}

const verify = (...args: string[]) => space.json('audit', 'verify', ...args);

function database(change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(join(space.dir, '.assent/assent.db'));
  change(db);
  db.close();
}

test('a deployment leaves a proof that verifies by a pinned key, and by nothing else', TIMEOUT, async () => {
  const runId = await deployed();
  const { document: list } = await space.json('audit', 'list');
  expect(list.entries.map(({ says, result }: AnyDocument) => [says, result])).toEqual([
    ['plan', 'deploy'],
    ['scan', expect.stringMatching(/^critical 0, /)],
    ['verdict', 'approve'],
    ['outcome', 'succeeded'],
  ]);
  const key = await keyFile();
  const proof = await proofOf(runId);
  expect(await verify('proof.json', '--key', key)).toMatchObject({ code: 0, document: { valid: true } });
  const { document: named } = await space.json('audit', 'key');
  const raw = (await space.run('audit', 'key')).stdout.split('\n')[1]?.slice(16) ?? '';
  for (const text of [named.verifierKey, named.publicKey, raw, space.file('key.json', named)]) {
    expect(await verify('proof.json', '--key', text), text).toMatchObject({ code: 0 });
  }
  expect(await verify('proof.json')).toMatchObject({ code: 1, document: { valid: false, code: 'untrusted_key' } });
  const configured = (more: string) =>
    space.file('assent.config.yaml', `audit:\n  keys:\n    - publicKey: ${named.verifierKey}\n${more}`);
  configured('');
  expect(await verify('proof.json')).toMatchObject({ code: 0 });
  configured('      validUntil: 2020-01-01T00:00:00.000Z\n');
  expect(await verify('proof.json')).toMatchObject({ code: 1, document: { code: 'key_expired' } });
  expect(await verify('proof.json', '--key', key)).toMatchObject({ code: 0 });
  configured('      until: 2020\n');
  expect(await verify('proof.json')).toMatchObject({ code: 2, document: { code: 'invalid_config' } });
  rmSync(join(space.dir, 'assent.config.yaml'));
  const other = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
  const pinned = Buffer.from(other, 'hex').toString('base64');
  expect(await verify('proof.json', '--key', pinned)).toMatchObject({ code: 1, document: { code: 'untrusted_key' } });
  expect(await verify('proof.json', '--key', 'nobody')).toMatchObject({ code: 1, document: { code: 'invalid_key' } });

  // What a proof may be changed to, and what then is said.
  const changed = async (change: (copy: AnyDocument) => void) => {
    const copy = structuredClone(proof);
    change(copy);
    const { code, document } = await verify(space.file('changed.json', copy), '--key', key);
    expect(code).toBe(1);
    return document.code;
  };
  const flip = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
  expect(await changed((copy) => copy.statements.shift())).toBe('incomplete');
  expect(await changed((copy) => copy.statements.splice(2, 1))).toBe('details_added');
  expect(await changed((copy) => copy.statements.reverse())).toBe('incomplete');
  expect(await changed((copy) => copy.statements.push(copy.statements[1]))).toBe('out_of_order');
  expect(
    await changed((copy) => {
      copy.statements[0].envelope.signatures[0].sig = flip(copy.statements[0].envelope.signatures[0].sig);
    }),
  ).toBe('bad_signature');
  expect(await changed((copy) => copy.statements[1].inclusion.pop())).toBe('not_in_log');
  expect(
    await changed((copy) => {
      copy.statements[1].inclusion[0] = flip(copy.statements[1].inclusion[0]);
    }),
  ).toBe('not_in_log');
  expect(
    await changed((copy) => {
      copy.checkpoint = copy.checkpoint.replace('\n4\n', '\n5\n');
    }),
  ).toBe('bad_signature');
  expect(
    await changed((copy) => {
      copy.plan = copy.plan.replace('AWS::SQS::Queue', 'AWS::SNS::Topic');
    }),
  ).toBe('plan_altered');
  expect(
    await changed((copy) => {
      const [digest = ''] = Object.keys(copy.details);
      copy.details[digest] += ' ';
    }),
  ).toBe('details_altered');
  expect(await changed((copy) => delete copy.details[Object.keys(copy.details)[0] ?? ''])).toBe('details_missing');
  expect(
    await changed((copy) => {
      copy.history.leaves[0] = flip(copy.history.leaves[0]);
    }),
  ).toBe('history_altered');
  expect(
    await changed((copy) => {
      copy.more = 1;
    }),
  ).toBe('malformed_proof');
  expect(
    await changed((copy) => {
      copy.run = 'another';
    }),
  ).toBe('wrong_subject');
});

test('every byte of a proof counts', TIMEOUT, async () => {
  const proof = await proofOf(await deployed());
  const key = await keyFile();
  const text = JSON.stringify(proof);
  const { verifyProof } = await import('../../src/verify.ts');
  const keys = [readFileSync(join(space.dir, key), 'utf8')];
  expect(await verifyProof({ proof: text, keys })).toMatchObject({ valid: true });
  for (let at = 0; at < text.length; at += 61) {
    const character = text[at] ?? '';
    const other = character === '1' ? '2' : '1';
    const broken = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
    const { valid } = await verifyProof({ proof: broken, keys });
    expect(valid, `${text.slice(at - 20, at)}[${character}]${text.slice(at + 1, at + 20)}`).toBe(false);
  }
});

test('a later log continues the earlier one, and another does not', TIMEOUT, async () => {
  const first = await proofOf(await deployed());
  const before = space.file('before', first.checkpoint);
  await space.json('destroy', '--stack', 'web', '--yes');
  await proofOf(await deployed('other'));
  const key = await keyFile();
  expect(await verify('proof.json', '--key', key, '--since', before)).toMatchObject({ code: 0 });
  expect(await verify('--log', '.assent', '--key', key, '--since', before)).toMatchObject({ code: 0 });

  // Somebody who has the key begins anew and writes another history.
  database((db) => db.exec("DELETE FROM items WHERE pk = 'log' OR sk LIKE 'said#%'"));
  await proofOf(await deployed('third'));
  await deployed('fourth');
  await deployed('fifth');
  await proofOf(await deployed('sixth'));
  expect(await verify('proof.json', '--key', key)).toMatchObject({ code: 0 });
  const forked = { code: 1, document: { valid: false, code: 'forked' } };
  expect(await verify('proof.json', '--key', key, '--since', before)).toMatchObject(forked);
  expect(await verify('--log', '.assent', '--key', key, '--since', before)).toMatchObject(forked);
});

test('a log that was exported is checked entry by entry', TIMEOUT, async () => {
  await deployed();
  const key = await keyFile();
  expect(await space.run('audit', 'export', 'log')).toMatchObject({ code: 0 });
  expect(await verify('--log', 'log', '--key', key)).toMatchObject({ code: 0, document: { valid: true } });
  const entries = join(space.dir, 'log/tile/entries/000.p/4');
  const bytes = readFileSync(entries);
  const broken = Buffer.from(bytes);
  const at = bytes.indexOf('payload":"') + 400;
  broken[at] = (broken[at] ?? 0) ^ 1;
  writeFileSync(entries, broken);
  const { document } = await verify('--log', 'log', '--key', key);
  expect(document).toMatchObject({ valid: false, code: 'entry_altered' });
  expect(document.checks.find(({ ok }: AnyDocument) => !ok).message).toMatch(/^Entry 0: /);
  writeFileSync(entries, bytes.subarray(0, bytes.length / 2));
  expect(await verify('--log', 'log', '--key', key)).toMatchObject({ code: 1, document: { valid: false } });
  expect(await verify('--log', 'nowhere', '--key', key)).toMatchObject({
    code: 2,
    document: { code: 'log_not_found' },
  });
  expect(await verify('--key', key)).toMatchObject({ code: 2, document: { code: 'invalid_usage' } });
});

test('a run is worked on only by what is signed of it', TIMEOUT, async () => {
  const file = space.file('open.json', open);
  const wait = async () => {
    const answer = await space.json('deploy', file, '--stack', 'web', '--fail-on', 'none', '--yes');
    expect(answer).toMatchObject({ code: 7 });
    return answer.document.runId as string;
  };
  // Somebody who may write the store, but has no key, approves.
  const runId = await wait();
  database((db) => {
    const { fields } = db.prepare('SELECT fields FROM items WHERE pk = ? AND sk = ?').get(`run#${runId}`, 'head') as {
      fields: string;
    };
    const approved = JSON.stringify({ ...JSON.parse(fields), status: 'approved' });
    db.prepare('UPDATE items SET fields = ? WHERE pk = ? AND sk = ?').run(approved, `run#${runId}`, 'head');
  });
  expect(await space.json('resume', runId)).toMatchObject({ code: 1, document: { code: 'not_approved' } });

  // A run of a version that signed nothing.
  const second = await wait();
  expect(await space.json('reject', second)).toMatchObject({ code: 0 });
  const third = await wait();
  database((db) => {
    db.exec(`DELETE FROM items WHERE pk = 'log' OR sk LIKE 'said#%'`);
    const { fields } = db.prepare('SELECT fields FROM items WHERE pk = ? AND sk = ?').get(`run#${third}`, 'head') as {
      fields: string;
    };
    const approved = JSON.stringify({ ...JSON.parse(fields), status: 'approved' });
    db.prepare('UPDATE items SET fields = ? WHERE pk = ? AND sk = ?').run(approved, `run#${third}`, 'head');
  });
  const old = await space.json('resume', third);
  expect(old).toMatchObject({ code: 1, document: { code: 'proof_missing' } });
  expect(old.document.help).toContain('again');
  expect((await space.json('status')).document.stacks).toEqual([]);
});

test('an approval by a person is signed, and so is a refusal', TIMEOUT, async () => {
  const file = space.file('open.json', open);
  const { document } = await space.json('deploy', file, '--stack', 'web', '--fail-on', 'none', '--yes');
  expect(await space.json('approve', document.runId, '--reason', 'known')).toMatchObject({ code: 0 });
  await proofOf(document.runId);
  const said = (await space.json('audit', 'list')).document.entries;
  expect(said.map(({ says, result }: AnyDocument) => `${says} ${result}`).slice(2)).toEqual([
    'verdict ask',
    'approval approve',
    'outcome succeeded',
  ]);
  const key = await keyFile();
  expect(await verify('proof.json', '--key', key)).toMatchObject({ code: 0 });

  const refused = await space.json('deploy', file, '--stack', 'two', '--yes');
  expect(refused).toMatchObject({ code: 1, document: { outcome: 'refused' } });
  await proofOf(refused.document.runId);
  const { document: shown } = await verify('proof.json', '--key', key);
  expect(shown.checks.find(({ name }: AnyDocument) => name === 'consent').message).toContain('nothing was done');
});

test('a key of one’s own, an older one beside it, and none', TIMEOUT, async () => {
  await deployed();
  const file = join(space.dir, '.assent/assent.key');
  const old = readFileSync(file, 'utf8');
  const oldKey = (await space.run('audit', 'key')).stdout;
  // Rotation: the new key first, the old one below it.
  const { generateKeyPairSync } = await import('node:crypto');
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  writeFileSync(file, `${pem}${old}`);
  await proofOf(await deployed('two'));
  const newKey = space.file('new.pub', (await space.run('audit', 'key')).stdout);
  expect(await verify('proof.json', '--key', newKey)).toMatchObject({ code: 0 });
  expect(await verify('--log', '.assent', '--key', newKey)).toMatchObject({ document: { code: 'untrusted_key' } });
  const both = ['--key', newKey, '--key', space.file('old.pub', oldKey)];
  expect(await verify('--log', '.assent', ...both)).toMatchObject({ code: 0 });

  // A key that is lost is not made anew unseen.
  writeFileSync(file, '');
  const unusable = { code: 2, document: { code: 'signing_key_unreadable' } };
  const again = ['deploy', space.file('t.json', template), '--stack', 'three', '--yes'];
  expect(await space.json(...again)).toMatchObject(unusable);
  rmSync(file);
  expect(await space.json(...again)).toMatchObject(unusable);
  expect((await space.json('status', '--stack', 'three')).document.stacks).toEqual([]);
  space.env['ASSENT_KEY'] = pem;
  expect(await space.json(...again)).toMatchObject({ code: 0 });
});

test('runs that nobody worked on have their end in the log, and a proof that holds', TIMEOUT, async () => {
  const waiting = async (description: string): Promise<string> => {
    const content = JSON.parse(JSON.stringify(open).replace('"g"', JSON.stringify(description)));
    const file = space.file(`${description}.json`, content);
    const answer = await space.json('deploy', file, '--stack', 'web', '--fail-on', 'none', '--yes');
    expect(answer.code).toBe(7);
    return answer.document.runId;
  };
  const superseded = await waiting('one');
  const cancelled = await waiting('two');
  expect(await space.json('cancel', cancelled)).toMatchObject({ document: { status: 'rejected' } });
  const key = await keyFile();
  for (const [runId, outcome, code] of [
    [superseded, 'superseded', 'run_superseded'],
    [cancelled, 'rejected', 'cancelled'],
  ] as const) {
    const proof = await proofOf(runId);
    const said = proof.statements.map(({ envelope }: AnyDocument) => {
      const { predicateType, predicate } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
      return [predicateType.split(':')[2], predicate.result];
    });
    expect(said).toEqual([
      ['plan', 'deploy'],
      ['scan', expect.any(String)],
      ['verdict', 'ask'],
      ['outcome', outcome],
    ]);
    const details = Object.values<string>(proof.details).map((text) => JSON.parse(text));
    expect(details).toContainEqual(expect.objectContaining({ runId, outcome, code }));
    expect(await verify('proof.json', '--key', key)).toMatchObject({ code: 0, document: { valid: true } });
  }
});
