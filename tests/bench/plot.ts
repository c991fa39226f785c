// A line plot as SVG, both axes logarithmic. Plain text, so that a change of the numbers shows in a diff.

export interface Line {
  name: string;
  colour: string;
  points: [x: number, y: number][];
}

const [WIDTH, HEIGHT] = [760, 440];
const FRAME = { left: 70, right: 20, top: 50, bottom: 60 };

/** Draws lines of positive values. */
export function plot({ title, x, y, lines }: { title: string; x: string; y: string; lines: Line[] }): string {
  const all = lines.flatMap(({ points }) => points);
  const horizontal = scale(
    all.map(([value]) => value),
    FRAME.left,
    WIDTH - FRAME.right,
  );
  const vertical = scale(
    all.map(([, value]) => value),
    HEIGHT - FRAME.bottom,
    FRAME.top,
  );
  const bottom = HEIGHT - FRAME.bottom;
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${FRAME.left}" y="24" font-size="15">${title}</text>`,
  ];
  for (const tick of horizontal.ticks) {
    const at = horizontal.at(tick);
    out.push(`<path d="M${at} ${FRAME.top}V${bottom}" stroke="#eee"/>`);
    out.push(`<text x="${at}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`);
  }
  for (const tick of vertical.ticks) {
    const at = vertical.at(tick);
    out.push(`<path d="M${FRAME.left} ${at}H${WIDTH - FRAME.right}" stroke="#eee"/>`);
    out.push(`<text x="${FRAME.left - 8}" y="${at + 4}" text-anchor="end">${tick}</text>`);
  }
  out.push(`<text x="${(FRAME.left + WIDTH - FRAME.right) / 2}" y="${HEIGHT - 18}" text-anchor="middle">${x}</text>`);
  out.push(`<text x="16" y="${FRAME.top - 10}">${y}</text>`);
  lines.forEach(({ name, colour, points }, index) => {
    const path = points.map(([px, py], n) => `${n === 0 ? 'M' : 'L'}${horizontal.at(px)} ${vertical.at(py)}`).join('');
    out.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    const [left, top] = [WIDTH - FRAME.right - 220, FRAME.top + 16 + index * 18];
    out.push(`<path d="M${left} ${top - 4}h22" stroke="${colour}" stroke-width="3"/>`);
    out.push(`<text x="${left + 30}" y="${top}">${name}</text>`);
  });
  return `${out.join('\n')}\n</svg>\n`;
}

/** A logarithmic axis with ticks at 1, 2 and 5. */
function scale(values: number[], from: number, to: number) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const at = (value: number) =>
    Math.round((from + ((to - from) * Math.log(value / low)) / Math.log(high / low || Math.E)) * 10) / 10;
  const ticks: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
    for (const digit of [1, 2, 5]) if (power * digit >= low && power * digit <= high) ticks.push(power * digit);
  }
  return { at, ticks };
}
