/**
 * A board on a serial line, whose program tells its version when it is asked and starts its bootloader when it is told; that prints
 * a menu, waits for a key, and takes the image by `rb` or `rx` of lrzsz. What it took is the version that runs from then on.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { DeviceFirmware } from "./device-firmware.ts";
import { GatewayWorld } from "./gateway-world.ts";

export const WAYS = ["ymodem", "xmodem1k"] as const;
export type LrzszWay = (typeof WAYS)[number];

const FILE = "board.bin";
export const RECEIVERS: Readonly<Record<LrzszWay, string>> = { ymodem: "rb -y", xmodem1k: `rx -y -c ${FILE}` };

export interface BoardKind {
  /** Bytes that fit in its flash. */
  readonly room?: number;
  /** It takes an image, and runs what it ran. */
  readonly stubborn?: true;
}

/** A process may write no file that is longer, and is told so rather than killed. In blocks of 512 bytes. */
function limited(room: number): string {
  return `ulimit -f ${Math.ceil(room / 512)}; trap '' XFSZ;`;
}

function program(via: LrzszWay, { room, stubborn }: BoardKind): string {
  const next = stubborn === true ? "1.0.0" : "2.0.0";
  const receiver = `(${room === undefined ? "" : limited(room)} exec ${RECEIVERS[via]} 2>>said)`;
  return `exec <$THEIRS >$THEIRS
version=1.0.0
while read -r line; do
  echo "$line" >>heard
  case $line in
    *TEMP*) echo "T=21.5" ;;
    *VER*) echo "FW $version" ;;
    *BOOT*)
      printf 'Menu'
      dd bs=1 count=1 of=/dev/null 2>/dev/null
      if ${receiver}; then version=${next}; else echo gave up >>heard; fi ;;
  esac
done`;
}

export const MAGIC = "B0A2D001";

const mappingOf = (via: LrzszWay): string => `serial:
  frame: { end: "\\n", max: 120 }
  timeout: 1s
  requests:
    version: { send: "VER\\n", expect: 'FW (?<version>[0-9.]+)' }
    temperature: { send: "TEMP\\n", expect: 'T=(?<temperature>[0-9.]+)' }
    boot: { send: "BOOT\\n", answer: false }
identity: { firmware_version: { request: version, field: version, poll: connect } }
firmware:
  via: ${via}
  enter: [ { request: boot } ]
  transfer: { prompt: Menu, start: "1", start_timeout: 20s, ack_timeout: 2s${via === "ymodem" ? `, name: ${FILE}` : ""} }
  accept: { max_size: 300KB, magic: { hex: ${MAGIC} }, header: { offset: 4, length: 8 } }
  version: 3/0/3
  verify: { within: 6s, poll: 1s, settle: 1s }
objects:
  3303: { sensor_value: { request: temperature, field: temperature, unit: Cel } }
`;

export class LrzszBoard {
  readonly world: GatewayWorld;
  readonly firmware: DeviceFirmware;
  private readonly folder: string;

  private constructor(world: GatewayWorld, folder: string) {
    this.world = world;
    this.firmware = new DeviceFirmware(world, "board-1");
    this.folder = folder;
  }

  /** Behind a gateway that knows its version; undefined, the test being skipped, where a tool is missing. */
  static async open(t: TestContext, via: LrzszWay, kind: BoardKind = {}): Promise<LrzszBoard | undefined> {
    tellPeer(t, "lrzsz", debianVersion("lrzsz"));
    if (!hasTool(t, "rb", "apt-get install -y lrzsz")) return undefined;
    const pty = await aPtyPair(t);
    if (pty === undefined) return undefined;
    const folder = temporaryDirectory(t);
    start(t, "sh", ["-c", program(via, kind)], { cwd: folder, env: { ...process.env, THEIRS: pty.theirs } });
    const world = await GatewayWorld.open(t, {
      links: [`line: { type: serial, port: ${pty.ours}, line: 115200-8N1, reconnect: 100ms }`],
      devices: ["id: board-1, mapping: board, link: line"],
      mappings: { board: mappingOf(via) },
      protocol: "serial",
    });
    await world.reads("/board-1/3/0/3", "1.0.0");
    return new LrzszBoard(world, folder);
  }

  /** What its program was told, beside questions; and how often its receiver gave up. */
  get heard(): readonly string[] {
    return readFileSync(join(this.folder, "heard"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !/VER|TEMP/.test(line));
  }

  /** What it has of an image; no longer than that was, without what fills up the last block. */
  flash(size: number): Buffer {
    return readFileSync(join(this.folder, FILE)).subarray(0, size);
  }

  /** Bytes of an image that came so far. */
  get came(): number {
    const file = join(this.folder, FILE);
    return existsSync(file) ? statSync(file).size : 0;
  }
}
