/**
 * The invariant checker: everything that must hold after a run, whatever was done to the servers. Pure: the same
 * evidence gives the same findings.
 */
import { acknowledged, done, refused } from "./checks/acknowledged.ts";
import { Case } from "./checks/case.ts";
import { clients, contents, pages } from "./checks/clients.ts";
import { numbered, rights } from "./checks/logs.ts";
import type { Evidence, Finding } from "./evidence.ts";

const CHECKS: readonly ((facts: Case) => Iterable<Finding>)[] = [
  numbered,
  acknowledged,
  done,
  refused,
  rights,
  clients,
  pages,
  contents,
  ghosts,
  oddities,
];

export function check(evidence: Evidence): Finding[] {
  const facts = new Case(evidence);
  return CHECKS.flatMap((each) => [...each(facts)]);
}

function* ghosts({ evidence }: Case): Generator<Finding> {
  for (const user of evidence.ghosts) {
    yield { offence: "ghost", about: `user ${user} seems online, though everybody has left` };
  }
}

function* oddities({ evidence }: Case): Generator<Finding> {
  for (const { what, chat, seq } of evidence.oddities) yield { offence: "wrong", chat, seq, about: what };
}
