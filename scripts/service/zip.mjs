// A ZIP archive (APPNOTE 6.3: local headers, central directory, end record) of a few files in memory. The same files
// give the same bytes, so that a function that did not change is not deployed again.
import { crc32, deflateRawSync } from 'node:zlib';

// 1980-01-01, the format's first day.
const DATE = 0x0021;
const UNIX = 3 << 8;
const READABLE = (0o100644 << 16) >>> 0;

/** `files`: name to contents; names with `/` between folders. */
export function zip(files) {
  const parts = [];
  const central = [];
  let offset = 0;
  for (const [name, contents] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = Buffer.from(name);
    const data = deflateRawSync(contents, { level: 9 });
    // Common part of both headers: version needed, flags (UTF-8 names), deflate, time, date, sum, sizes, name's length.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(contents), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(contents.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, data]);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(UNIX | 20);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(READABLE, 6);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, common, rest, path]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}
