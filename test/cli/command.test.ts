import assert from "node:assert/strict";
import test from "node:test";
import { type Command, helpText, parseArguments, UsageError } from "../../src/cli/command.ts";

const paint: Command = {
  name: "paint",
  summary: "Paints.",
  positionals: "WALL",
  options: {
    colour: { type: "string", short: "c", value: "NAME", help: "What it shall be.", default: "white" },
    twice: { type: "boolean", help: "Once more." },
  },
  run: async () => 0,
};

const wrong = (argv: readonly string[], message: string): void => {
  assert.throws(() => parseArguments(paint, argv), new UsageError(message));
};

test("options are read in every way in which they are written", () => {
  for (const argv of [["--colour", "red"], ["--colour=red"], ["-c", "red"], ["-cred"], ["-c", "blue", "-c", "red"]]) {
    assert.equal(parseArguments(paint, argv).text("colour"), "red", argv.join(" "));
  }
  const args = parseArguments(paint, ["north", "--twice", "-c", "a", "--colour=b", "--", "--south"]);
  assert.deepEqual(args.positionals, ["north", "--south"]);
  assert.deepEqual(args.texts("colour"), ["a", "b"]);
  assert.equal(args.flag("twice"), true);
});

test("what is not given has its default, or is not there", () => {
  const args = parseArguments(paint, []);
  assert.equal(args.text("colour"), "white");
  assert.deepEqual(args.texts("colour"), []);
  assert.equal(args.flag("twice"), false);
});

test("an unknown option is told with the near miss, or with all that there are", () => {
  wrong(["--color"], `paint: unknown option "--color"; did you mean "--colour"?`);
  wrong(["-x"], `paint: unknown option "-x" (have: --colour, --twice, --help)`);
  wrong(["--toString"], `paint: unknown option "--toString" (have: --colour, --twice, --help)`);
});

test("an option without its value is told with what it takes, also before another option", () => {
  for (const argv of [["--colour"], ["--colour", "--twice"], ["-c"], ["--colour="]]) {
    wrong(argv, `${argv[0]?.replace("=", "")} needs a value: ${argv[0]?.replace("=", "")} NAME`);
  }
  assert.equal(parseArguments(paint, ["--colour=-red"]).text("colour"), "-red");
});

test("a flag takes no value, and a command without arguments takes none", () => {
  wrong(["--twice=yes"], `--twice takes no value "yes"`);
  const { positionals: _, ...bare } = paint;
  assert.throws(() => parseArguments(bare, ["north"]), new UsageError(`paint takes no argument "north"`));
});

test("the help shows what is to be typed", () => {
  assert.equal(
    helpText(paint),
    `usage: lwm2m-gateway paint WALL [options]

Paints.

  -c, --colour NAME            What it shall be. (default: white)
      --twice                  Once more.
      --help                   Shows this text.
`,
  );
});

test("a number below zero is no option", () => {
  const command: Command = { name: "x", summary: "", positionals: "A...", options: {}, run: async () => 0 };
  assert.deepEqual(parseArguments(command, ["-5", "-.5e3", "--", "-7"]).positionals, ["-5", "-.5e3", "-7"]);
  assert.throws(() => parseArguments(command, ["-x"]), /unknown option "-x"/);
});
