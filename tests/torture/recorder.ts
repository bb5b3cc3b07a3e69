/** Writes down what the clients of a run were told: it becomes the evidence. */
import type { Ack, Deed, Evidence, Oddity, Page, Refused, Stored } from "./evidence.ts";
import { digestOf } from "./checks/clients.ts";
import { textOf } from "./payload.ts";
import { Progress } from "./progress.ts";
import { View } from "./view.ts";

/** An event as clients have it. */
export interface SeenEvent {
  readonly chat: number;
  readonly seq: number;
  readonly kind: string;
  readonly from: number;
  readonly cid: string;
  readonly time: number;
  readonly text?: unknown;
  readonly deleted?: unknown;
}

/** What clients write: their texts follow from their cids. */
const WRITTEN = new Set(["text", "edit"]);

export class Recorder {
  readonly progress = new Progress();
  readonly acks: Ack[] = [];
  readonly deeds: Deed[] = [];
  readonly refusals: Refused[] = [];
  readonly views: View[] = [];
  readonly #pages: Page[] = [];
  readonly #sightings = new Map<number, Map<number, number>>();
  readonly #oddities: Oddity[] = [];
  #clients = 0;

  view(name: string): View {
    const view = new View(`${name} (client ${++this.#clients})`);
    this.views.push(view);
    return view;
  }

  acknowledge(ack: Ack, askedAt: number): void {
    this.acks.push(ack);
    this.progress.acknowledge(askedAt);
  }

  show(view: View, event: SeenEvent): void {
    view.show(event.chat, event.seq);
    this.progress.deliver();
    this.#see(view.client, event);
  }

  page(view: View, chat: number, events: readonly SeenEvent[]): void {
    if (events.length > 0) this.#pages.push({ user: view.user, chat, seqs: events.map(({ seq }) => seq) });
    for (const event of events) this.#see(view.client, event);
  }

  oddity(oddity: Oddity): void {
    this.#oddities.push(oddity);
  }

  evidence(stored: Stored, ghosts: readonly number[]): Evidence {
    return {
      stored,
      ghosts,
      acks: this.acks,
      deeds: this.deeds,
      refusals: this.refusals,
      shown: this.views,
      pages: this.#pages,
      sightings: this.#sightings,
      oddities: this.#oddities,
    };
  }

  #see(client: string, event: SeenEvent): void {
    const { chat, seq, kind, cid, text, deleted } = event;
    let chatSightings = this.#sightings.get(chat);
    if (!chatSightings) this.#sightings.set(chat, chatSightings = new Map());
    const digest = digestOf(event);
    const before = chatSightings.get(seq);
    if (before === undefined) chatSightings.set(seq, digest);
    else if (before !== digest) {
      this.oddity({
        what: `${client} saw ${JSON.stringify(event)}, another client something else`,
        chat,
        seq,
      });
    }
    if (!WRITTEN.has(kind) || deleted !== undefined || text === textOf(cid)) return;
    this.oddity({
      what: `${client} saw a text that is not what was sent: ${JSON.stringify(event)}`,
      chat,
      seq,
    });
  }
}
