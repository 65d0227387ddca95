import assert from "node:assert/strict";
import test from "node:test";
import { commandsOf, parseHelperRequest } from "../../../src/service/helper/requests.ts";

test("three verbs are understood, each with its own arguments and no other", () => {
  const time = Date.UTC(2026, 10, 23, 12);
  const good = [{ verb: "reboot" }, { verb: "factory-reset" }, { verb: "set-clock", time }];
  for (const request of good) assert.deepEqual(parseHelperRequest(JSON.stringify(request)), request);
  const bad: readonly (readonly [string, RegExp])[] = [
    ["", /one line of JSON/],
    ["[]", /one line of JSON/],
    ["null", /one line of JSON/],
    ['"reboot"', /one line of JSON/],
    ['{"verb":"halt"}', /the verb reboot, factory-reset or set-clock/],
    ['{"verb":"reboot","unit":"x"}', /reboot takes no argument/],
    ['{"verb":"factory-reset","state":"/"}', /factory-reset takes no argument/],
    ['{"verb":"set-clock"}', /set-clock takes a time/],
    ['{"verb":"set-clock","time":"now; reboot"}', /set-clock takes a time/],
    ['{"verb":"set-clock","time":1.5}', /set-clock takes a time/],
    ['{"verb":"set-clock","time":0}', /of 2020 to 2099/],
    [`{"verb":"set-clock","time":${time},"more":1}`, /set-clock takes a time/],
  ];
  for (const [line, reason] of bad) assert.match(String(parseHelperRequest(line)), reason, line);
});

test("each verb is a fixed list of commands", () => {
  assert.deepEqual(commandsOf({ verb: "reboot" }), [["systemctl", "--no-block", "reboot"]]);
  assert.deepEqual(commandsOf({ verb: "set-clock", time: 1798761600123 }), [
    ["timedatectl", "set-time", "@1798761600.123"],
  ]);
  assert.deepEqual(
    commandsOf({ verb: "factory-reset" }).map(([, ...args]) => args.join(" ")),
    [
      "stop lwm2m-gateway.service",
      "clean --what=state lwm2m-gateway.service",
      "--no-block start lwm2m-gateway.service",
    ],
  );
});
