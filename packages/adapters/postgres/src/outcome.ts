import { randomUUID } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'

/** Where commits leave their marks. Made before the tables of any part. */
export const OUTCOME_TABLE = `create table if not exists outcome (
  process uuid,
  place int,
  turn bigint not null,
  at timestamptz not null,
  primary key (process, place)
)`

/** Nobody asks for the outcome of a commit of yesterday. */
export const FORGET_OUTCOMES = `delete from outcome where at < now() - interval '1 day'`

/** A transaction's mark: the row that it writes, and what it writes there and no other transaction does. */
export interface Mark {
  readonly place: number
  readonly turn: number
}

/**
 * Whether a commit was made whose answer was lost: then its mark is there, as all that a transaction writes is there or
 * none of it. The number that the server gives a transaction does not tell: after a crash the server gives numbers
 * again that it had not written down, and one of these may be of a transaction that was committed since. Each of the
 * transactions that are under way at a time has a row, which the next at its place writes again.
 */
export class Outcomes {
  readonly #process = randomUUID()
  readonly #free: number[] = []
  #places = 0
  #turn = 0

  /** The mark for one transaction. To be given back when its outcome is known or given up. */
  begin(): Mark {
    return { place: this.#free.pop() ?? this.#places++, turn: ++this.#turn }
  }

  end({ place }: Mark): void {
    this.#free.push(place)
  }

  async leave<Tables>(transaction: Transaction<Tables>, { place, turn }: Mark): Promise<void> {
    await sql`insert into outcome values (${this.#process}, ${place}, ${turn}, now())
      on conflict (process, place) do update set turn = excluded.turn, at = excluded.at`.execute(transaction)
  }

  /** Waits for a transaction that is still under way at the server, as it holds the row. */
  async wasCommitted<Tables>(tables: Kysely<Tables>, { place, turn }: Mark): Promise<boolean> {
    const { rows } = await sql<{
      turn: number
    }>`insert into outcome values (${this.#process}, ${place}, 0, now())
      on conflict (process, place) do update set turn = outcome.turn returning turn`.execute(tables)
    return rows[0]?.turn === turn
  }
}
