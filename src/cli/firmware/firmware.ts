import { type Arguments, type Command, type CommandGroup, EXIT, UsageError } from "../command.ts";
import { WATCH_OPTION, watch } from "../watch.ts";
import { askedFirmware, deviceArgument, FIRMWARE_OPTIONS, firmwareOf, noMoreThan, toldFirmware } from "./asked.ts";
import { firmwarePush } from "./push.ts";
import { firmwareTable, historyLines, progressText, wholeFirmware } from "./text.ts";

const FOLLOWED_OPTIONS = {
  ...FIRMWARE_OPTIONS,
  watch: WATCH_OPTION,
  json: { type: "boolean", help: "Prints what the gateway says as JSON; with --watch a line each time." },
} satisfies Command["options"];

const list: Command = {
  name: "firmware list",
  summary: "Lists what takes firmware: what each has, what is under way, how the last update ended.",
  options: FOLLOWED_OPTIONS,
  run(args) {
    noMoreThan(args, 0);
    return followed(args, async () => {
      const view = await askedFirmware(args);
      return args.flag("json") ? view : firmwareTable(view.firmware);
    });
  },
};

const show: Command = {
  name: "firmware show",
  summary: "Shows the firmware of one device: image, progress, result, and what was updated before.",
  positionals: "DEVICE",
  options: FOLLOWED_OPTIONS,
  run(args) {
    noMoreThan(args, 1);
    const id = deviceArgument(args);
    return followed(args, async () => {
      const found = await firmwareOf(args, id);
      return args.flag("json") ? found : wholeFirmware(found, Date.now());
    });
  },
};

const history: Command = {
  name: "firmware history",
  summary: "Lists the last updates of one device, the newest first.",
  positionals: "DEVICE",
  options: FIRMWARE_OPTIONS,
  async run(args) {
    noMoreThan(args, 1);
    const found = await firmwareOf(args, deviceArgument(args));
    return print(args.flag("json") ? found.history : historyLines(found.history, Date.now()));
  },
};

const update = telling("update", "Has a device get the image that is here, as a server does by Update (5/0/2).");
const cancel = telling(
  "cancel",
  "Drops the image that is here or on its way; gives up an update that the device has not been told to run.",
);

const defer: Command = {
  name: "firmware defer",
  summary: "Lets an update that waits begin no sooner than after so long, whatever the window says.",
  positionals: "DEVICE TIME",
  options: FIRMWARE_OPTIONS,
  async run(args) {
    noMoreThan(args, 2);
    const id = deviceArgument(args);
    const [, span] = args.positionals;
    if (span === undefined) throw new UsageError(`for how long? lwm2m-gateway firmware defer ${id} 2h`);
    const found = await toldFirmware(args, id, "defer", { for: span });
    return print(args.flag("json") ? found : [progressText(found)]);
  },
};

/** Images for devices that know nothing of LwM2M, and for the gateway itself. */
export const firmware: CommandGroup = {
  name: "firmware",
  summary: "Shows the firmware of devices, sends an image from here, has it installed, put off or dropped.",
  commands: { list, show, push: firmwarePush, update, cancel, defer, history },
};

function telling(verb: "update" | "cancel", summary: string): Command {
  return {
    name: `firmware ${verb}`,
    summary,
    positionals: "DEVICE",
    options: FIRMWARE_OPTIONS,
    async run(args) {
      noMoreThan(args, 1);
      const found = await toldFirmware(args, deviceArgument(args), verb);
      return print(args.flag("json") ? found : [progressText(found)]);
    },
  };
}

/** Lines for a person, anything else as JSON. */
type Told = readonly string[] | object;

/** Once, or with --watch again and again. */
async function followed(args: Arguments, told: () => Promise<Told>): Promise<number> {
  return args.flag("watch") ? watch(async () => textOf(await told())) : print(await told());
}

function print(told: Told): number {
  process.stdout.write(`${textOf(told, 2)}\n`);
  return EXIT.ok;
}

function textOf(told: Told, indent?: number): string {
  const isLines = Array.isArray(told) && told.every((line) => typeof line === "string");
  return isLines ? told.join("\n") : JSON.stringify(told, undefined, indent);
}
