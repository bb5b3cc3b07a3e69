/** `mysql://user:password@host:port/database`, taken apart. No message says the password. */
import { DatabaseError } from "./database.ts";

export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** @throws DatabaseError that says what is missing. */
export function parseMysqlUrl(url: string): MysqlAddress {
  const form = "the form is mysql://user:password@host:port/database";
  const refuse = (what: string) =>
    new DatabaseError("other", `the address of the MySQL server ${what}: ${form}`);
  if (!URL.canParse(url)) throw refuse("is not a URL (are special characters in the password %-encoded?)");
  const { protocol, hostname, port, username, password, pathname, search } = new URL(url);
  if (protocol !== "mysql:" && protocol !== "mariadb:") throw refuse(`begins with ${protocol}//`);
  if (!hostname) throw refuse("has no host");
  if (search) throw refuse("has a ?, behind which nothing is known here");
  const [user, secret, database] = [username, password, pathname.slice(1)].map(decoded);
  if (user === undefined || secret === undefined) throw refuse("has a % that is not one of %00 to %ff");
  if (!database || !isName(database)) throw refuse("names no database");
  return {
    host: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 3306),
    user: user || "root",
    password: secret,
    database,
  };
}

/** For people. */
export function placeOf({ host, port }: MysqlAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Names that need no thought in a statement: they stand between backquotes where the database is created. */
function isName(database: string): boolean {
  return /^[^`/\\.\0]{1,64}$/.test(database);
}
