/** Capture files as tshark reads them: the classic format of libpcap, version 2.4, of IPv4 packets. */

/** Addresses that tell the two apart (RFC 5737: for documentation). */
const GATEWAY = [192, 0, 2, 1];
const SERVER = [192, 0, 2, 2];

/** Link type 101, LINKTYPE_RAW: each packet begins with its IP header. */
export function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(101, 20);
  return header;
}

/** `time`: milliseconds since 1970. */
export function packetRecord(time: number, packet: Uint8Array): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(time / 1000), 0);
  header.writeUInt32LE((time % 1000) * 1000, 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

/** RFC 791; `length`: what comes behind it. */
export function ipHeader(fromGateway: boolean, protocol: 6 | 17, length: number): Buffer {
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(20 + length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(protocol, 9);
  ip.set(fromGateway ? [...GATEWAY, ...SERVER] : [...SERVER, ...GATEWAY], 12);
  ip.writeUInt16BE(checksum(ip), 10);
  return ip;
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += header.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
