import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Metrics } from "../../../src/admin/metrics/metrics.ts";
import { locateData } from "../../../src/locate.ts";
import { aSnapshot } from "../../support/a-snapshot.ts";
import { FakeClock } from "../../support/fake-clock.ts";

async function exposed(perDevice = true, snapshot = aSnapshot()) {
  const { text, type } = await new Metrics(new FakeClock()).expose(async () => snapshot, perDevice);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return { text, type, series: new Map(lines.map((line) => [line.replace(/ \S+$/, ""), line.replace(/^.* /, "")])) };
}

test("each metric has a help text, its kind, and values in base units", async () => {
  const { text, type, series } = await exposed();
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  for (const name of Metrics.names) {
    assert.match(text, new RegExp(`^# HELP ${name} .{10,}\\.$`, "m"));
    assert.match(text, new RegExp(`^# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}$`, "m"));
  }
  const of = (name: string) => series.get(`lwm2m_gateway_${name}`);
  assert.equal(of('device_up{device="meter-1",link="bus1"}'), "1");
  assert.equal(of('device_last_heard_seconds{device="meter-1",link="bus1"}'), "1.5");
  assert.equal(of('device_last_heard_seconds{device="meter-2",link="bus1"}'), undefined, "it was never heard");
  assert.deepEqual(
    [of('devices{state="online"}'), of('devices{state="offline"}'), of('devices{state="off"}')],
    ["1", "1", "3"],
  );
  assert.deepEqual([of("values"), of("values_bad"), of("poll_lag_seconds")], ["60", "2", "0.25"]);
  assert.equal(of('link_load_ratio{link="bus1"}'), "0.42");
  assert.equal(of('link_transactions_total{link="bus1",result="ok"}'), "93");
  assert.equal(of('link_transactions_total{link="bus1",result="timeout"}'), "5");
  assert.equal(of('link_turnaround_p95_seconds{link="bus1"}'), "0.08");
  assert.equal(of('upstream_registered{server="101"}'), "1");
  assert.equal(of('upstream_last_notify_ack_seconds{server="101"}'), "12");
  assert.equal(of('store_dropped_total{server="101",cause="age"}'), "7");
  assert.equal(of('reloads_total{result="refused"}'), "1");
  assert.equal(of("config_last_reload_success_timestamp_seconds"), "1790000000");
});

test("without the series of each device their number does not depend on how many there are", async () => {
  const [one] = aSnapshot().devices;
  assert.ok(one !== undefined);
  const devices = Array.from({ length: 1000 }, (_, i) => ({ ...one, id: `meter-${i}` }));
  const many = { ...aSnapshot(), devices };
  const [few, total] = [await exposed(false), await exposed(false, many)];
  assert.deepEqual([...total.series.keys()], [...few.series.keys()]);
  assert.equal((await exposed(true, many)).series.size - total.series.size, 3000);
});

test("where the disk does not answer, or nothing was ever acknowledged, there is no number that looks like one", async () => {
  const { store: _, ...others } = aSnapshot();
  const { series, text } = await exposed(true, { ...others, links: [], devices: [] });
  assert.equal(series.get("lwm2m_gateway_store_up"), "0");
  assert.equal(series.has("lwm2m_gateway_store_bytes"), false);
  assert.equal(series.get("lwm2m_gateway_poll_lag_seconds"), "0");
  assert.doesNotMatch(text, /NaN|Infinity|undefined/);
});

test("what came and went is no longer told, and the delay of the event loop is from the second question on", async () => {
  const metrics = new Metrics(new FakeClock());
  const ask = async (snapshot = aSnapshot()) => (await metrics.expose(async () => snapshot, true)).text;
  assert.match(await ask(), /device_up\{device="meter-2"/);
  const after = await ask({ ...aSnapshot(), devices: aSnapshot().devices.slice(0, 1) });
  assert.doesNotMatch(after, /device="meter-2"/);
  const both = await Promise.all([ask(), ask({ ...aSnapshot(), devices: [] })]);
  assert.match(both[0] ?? "", /device_up\{/);
  assert.doesNotMatch(both[1] ?? "", /device_up\{/);
  metrics.close();
});

test("docs/metrics.md and the dashboard name the metrics that there are, and no others", () => {
  const known = new Set(Metrics.names);
  const docs = readFileSync(locateData("docs/metrics.md"), "utf8");
  const rows = [...docs.matchAll(/^\| `(lwm2m_gateway_[a-z0-9_]+)/gm)].map(([, name]) => name);
  assert.deepEqual(new Set(rows), known);
  for (const file of ["docs/metrics.md", "docs/grafana/lwm2m-gateway.json"]) {
    const text = readFileSync(locateData(file), "utf8");
    const named = new Set(text.match(/lwm2m_gateway_[a-z0-9_]+/g));
    assert.ok(named.size > 10, file);
    assert.deepEqual(
      [...named].filter((name) => !known.has(name)),
      [],
      file,
    );
  }
  const dashboard = JSON.parse(readFileSync(locateData("docs/grafana/lwm2m-gateway.json"), "utf8"));
  const ids = dashboard.panels.map(({ id }: { id: number }) => id);
  assert.equal(new Set(ids).size, ids.length);
});
