/** What all clients of a run counted, and what they must not have seen. */
import { Latencies } from "./latencies.ts";

export class Tally {
  acknowledged = 0;
  delivered = 0;
  /** From a text's sending (or from when it was due) to its acknowledgement. */
  readonly acknowledging = new Latencies();
  /** … to its arrival at each member. */
  readonly delivering = new Latencies();
  /** From when a text was due to its writing: what of the above is this process's own delay. */
  readonly lateness = new Latencies();
  /** Lines that nobody expected, such as errors; the first ones, for people. */
  readonly surprises: string[] = [];
  surprised = 0;

  surprise(line: string): void {
    this.surprised++;
    if (this.surprises.length < 5) this.surprises.push(line);
  }

  clear(): void {
    this.acknowledged = 0;
    this.delivered = 0;
    this.acknowledging.clear();
    this.delivering.clear();
    this.lateness.clear();
  }
}
