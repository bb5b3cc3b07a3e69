import { deepStrictEqual as equal } from "node:assert/strict";
import { LocalHub } from "../../lib/bus/local.ts";
import { busSuite } from "./bus_suite.ts";
import { ann, onlineAt, presenceSuite } from "./presence_suite.ts";

busSuite("local bus", Deno.test, () => {
  const hub = new LocalHub();
  return Promise.resolve([hub.bus(), hub.bus()]);
});

presenceSuite("local presence", Deno.test, () => {
  const hub = new LocalHub();
  return Promise.resolve([hub.presence(), hub.presence()]);
});

Deno.test("local presence: a server alone knows its own users, and says that it is alone", async () => {
  const directory = new LocalHub().presence();
  directory.add(ann);
  equal(await onlineAt(directory), [ann]);
  equal([directory.shared, directory.settled], [false, true]);
});
