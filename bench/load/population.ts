/** Who is there, and who talks to whom. A user is a number from 0. */

export type Chat = {
  readonly kind: "direct" | "group";
  readonly members: readonly number[];
  /** How much the last member has said in it; one text unless told. */
  readonly texts?: number;
};

export interface Population {
  readonly users: number;
  readonly chats: readonly Chat[];
  /** Everybody's; without it nobody can log in but by token. */
  readonly password?: string;
}

/** Each has a direct chat with one other. */
export function pairs(users: number): Population {
  const chats = Array.from({ length: users / 2 }, (_, i) => direct(2 * i, 2 * i + 1));
  return { users, chats };
}

/**
 * The direct chats in which everybody talks to the neighbours on both sides, so many chats each. Those of the nearest
 * come first.
 */
export function ring(users: number, chatsEach: number): Chat[] {
  const steps = Math.min(chatsEach / 2, Math.floor((users - 1) / 2));
  return Array.from({ length: steps }, (_, step) => step + 1).flatMap((step) =>
    Array.from({ length: users }, (_, i) => direct(i, (i + step) % users))
  );
}

export function direct(a: number, b: number): Chat {
  return { kind: "direct", members: a < b ? [a, b] : [b, a] };
}

export function group(members: number): Chat {
  return { kind: "group", members: Array.from({ length: members }, (_, i) => i) };
}
