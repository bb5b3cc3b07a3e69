/** The schema's numbered steps, compiled in. The same numbers in both dialects; a file that was released never changes. */
import mysql1 from "../../sql/mysql/0001_initial.sql" with { type: "text" };
import mysql2 from "../../sql/mysql/0002_capital_sharp_s.sql" with { type: "text" };
import sqlite1 from "../../sql/sqlite/0001_initial.sql" with { type: "text" };
import sqlite2 from "../../sql/sqlite/0002_capital_sharp_s.sql" with { type: "text" };

export interface SchemaFile {
  readonly name: string;
  readonly text: string;
}

export const schema: Readonly<Record<"mysql" | "sqlite", readonly SchemaFile[]>> = {
  mysql: [{ name: "0001_initial", text: mysql1 }, { name: "0002_capital_sharp_s", text: mysql2 }],
  sqlite: [{ name: "0001_initial", text: sqlite1 }, { name: "0002_capital_sharp_s", text: sqlite2 }],
};

/** The statements of a file: each ends with `;` at the end of a line. Lines that are comments are left out. */
export function statementsOf(file: SchemaFile): string[] {
  return file.text
    .replace(/^[ \t]*--.*$/gm, "")
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
