import { isDeepStrictEqual } from 'node:util'
import { type Compilable, CompiledQuery, type QueryResult } from 'kysely'

interface Executor {
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>
}

/** Texts of queries of which each is asked again and again with other parameters: to build one takes longer than to run it. */
export class QueryTexts {
  readonly #texts = new Map<string, string>()

  /**
   * Runs the query of this shape. Where its text is not known yet it is taken from `build`, which has the same parameters in
   * the same order. Shapes are few: their number is the program's, and never the caller's.
   */
  async run<Row>(
    tables: Executor,
    shape: string,
    parameters: readonly unknown[],
    build: () => Compilable<Row>,
  ): Promise<Row[]> {
    const text = this.#texts.get(shape) ?? this.#learn(shape, parameters, build().compile())
    const { rows } = await tables.executeQuery(CompiledQuery.raw(text, [...parameters]) as CompiledQuery<Row>)
    return rows
  }

  #learn(shape: string, parameters: readonly unknown[], built: CompiledQuery): string {
    if (!isDeepStrictEqual(built.parameters, parameters)) {
      throw new TypeError(`the parameters of the query "${shape}" are not in its order`)
    }
    this.#texts.set(shape, built.sql)
    return built.sql
  }
}
