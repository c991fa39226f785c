// What happens in the page: it is in page.html, and `verifyProof` of main.ts is there.
const [proof, key, since] = ['proof', 'key', 'since'].map((id) => document.getElementById(id));
const output = document.querySelector('output');

const packed = Uint8Array.from(atob(document.getElementById('core').textContent), (letter) => letter.charCodeAt(0));
const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
globalThis.coreBytes = new Uint8Array(await new Response(unpacked).arrayBuffer());

const element = (name, text, className = '') =>
  Object.assign(document.createElement(name), { textContent: text, className });

function show({ valid, code, checks }) {
  const table = document.createElement('table');
  for (const { name, ok, message } of checks) {
    const row = table.insertRow();
    row.append(element('td', ok ? '✓' : '✗', ok ? 'good' : 'bad'), element('td', name), element('td', message));
  }
  output.replaceChildren(valid ? element('h2', 'Valid.', 'good') : element('h2', `Not valid: ${code}.`, 'bad'), table);
}

async function verify() {
  const [file] = proof.files;
  const keys = key.value
    .split(/\n\s*\n/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (file === undefined || keys.length === 0) return output.replaceChildren();
  try {
    // A note ends in a newline, which is easily lost when it is copied.
    const earlier = since.value.trim() === '' ? undefined : `${since.value.trimEnd()}\n`;
    show(verifyProof(await file.text(), keys, earlier));
  } catch (error) {
    output.replaceChildren(element('h2', 'It could not be verified.', 'bad'), element('p', String(error)));
  }
}

for (const input of [proof, key, since]) input.addEventListener('input', verify);
await verify();
