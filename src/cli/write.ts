import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { pathArgument } from "./path-arguments.ts";
import { whileWaiting } from "./progress.ts";

/** As a server would write it: checked by the definition of the resource, and confirmed by the device. */
export const write: Command = {
  name: "write",
  summary: "Writes values to the running gateway and its devices.",
  positionals: "PATH VALUE | PATH=VALUE...",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints what was written as JSON." },
  },
  async run(args) {
    const values = valuesOf(args.positionals);
    const [[path, value] = ["", ""]] = values;
    const body = values.length === 1 ? { path, value } : { values: Object.fromEntries(values) };
    const ask = () => askGateway(args, "/v1/write", { body, patience: PATIENCE });
    const words = `writing ${values.map(([each]) => each).join(" ")}`;
    const answer = await whileWaiting(!args.flag("json"), words, ask);
    const text = args.flag("json") ? JSON.stringify(answer) : values.map((pair) => pair.join(" = ")).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};

const PATIENCE = 300_000;

/** Throws UsageError. */
function valuesOf(words: readonly string[]): readonly (readonly [string, string])[] {
  const [path, value, ...more] = words;
  if (path === undefined)
    throw new UsageError("write what, where? expected PATH VALUE, or PATH=VALUE and more of them");
  if (value !== undefined && more.length === 0 && !path.includes("=")) return [[pathArgument(path), value]];
  const pairs = words.map((word) => {
    const at = word.indexOf("=");
    if (at < 0) throw new UsageError(`"${word}" has no value: expected PATH VALUE, or PATH=VALUE and more of them`);
    return [pathArgument(word.slice(0, at)), word.slice(at + 1)] as const;
  });
  const twice = pairs.find(([each], i) => pairs.findIndex(([other]) => other === each) !== i);
  if (twice !== undefined) throw new UsageError(`${twice[0]} is there twice: one of the values would be lost`);
  return pairs;
}
