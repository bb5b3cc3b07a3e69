/**
 * The Bus carries hints between servers: at most once, in the order in which one server published them, never to
 * the server that published. Whatever is lost here arrives from the database; so nothing waits for the Bus, and
 * no method throws because it cannot be reached.
 */

export type BusListener = (message: string) => void;

export interface BusSubscription {
  /**
   * Resolves once messages published from now on arrive, and at the latest after 1 s if the Bus cannot be reached:
   * then the sweep brings what is missed.
   */
  readonly ready: Promise<void>;
  /** Subscribes once more: for who has reason to think that messages are lost. */
  renew(): void;
  close(): void;
}

export interface Bus {
  /** Whether other servers are reached at the moment. */
  readonly connected: boolean;
  publish(channel: string, message: string): void;
  /**
   * One listener for each channel. The wanted set changes at once, and the Bus makes it true; subscriptions outlive
   * lost connections. A channel may be subscribed again as soon as its subscription is closed.
   */
  subscribe(channel: string, listener: BusListener): BusSubscription;
  /** Called each time the Bus can be reached again: messages may have been lost meanwhile. */
  onReturn(listener: () => void): void;
  close(): Promise<void>;
}
