/** One step of the schema, forward only. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
