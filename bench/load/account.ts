/** What must not be: one table, whatever the scenario. A run in which one of these is not 0 says so and fails. */

export interface Wrong {
  /** Sent, and not acknowledged in time. */
  readonly unacknowledged: number;
  /** Acknowledged or stored, and not delivered to a member in time. */
  readonly lost: number;
  readonly doubled: number;
  readonly unordered: number;
  /** Events whose number was not the next one of their chat. */
  readonly jumps: number;
  /** Lines that nobody expected. */
  readonly surprised: number;
}

const NOTHING: Wrong = { unacknowledged: 0, lost: 0, doubled: 0, unordered: 0, jumps: 0, surprised: 0 };
const FAULTS = Object.keys(NOTHING) as (keyof Wrong)[];

export function sumOf(all: readonly Wrong[]): Wrong {
  const sums = FAULTS.map((fault) => [fault, all.reduce((sum, wrong) => sum + wrong[fault], 0)]);
  return Object.fromEntries(sums) as unknown as Wrong;
}

export function isNothing(wrong: Wrong): boolean {
  return FAULTS.every((fault) => wrong[fault] === 0);
}

/** For people: `3 lost, 1 doubled`; `0` if there is nothing. */
export function describe(wrong: Wrong): string {
  const some = FAULTS.filter((fault) => wrong[fault] > 0);
  return some.map((fault) => `${wrong[fault]} ${fault}`).join(", ") || "0";
}
