import type { Run } from './compile/code.ts'
import { EvaluationError } from './evaluation-error.ts'
import type { Question } from './question.ts'
import type { CedarRequest } from './request.ts'
import { type HashKey, hashKey } from './value.ts'

/** Fewer are asked one by one. */
const SHARED_BY = 4

interface Shared<Item> {
  readonly run: Run
  readonly items: readonly Item[]
  readonly byAnswer: ReadonlyMap<HashKey, readonly Item[]>
}

/** Policies of which nothing more can be told by their heads: those that begin with the same question share it. */
export class Bucket<Item> {
  readonly #items: readonly Item[]
  readonly #shared: readonly Shared<Item>[]

  constructor(all: readonly { readonly question: Question | undefined; readonly item: Item }[]) {
    const groups = Map.groupBy(all, (one) => one.question?.key)
    const isShared = (key: string | undefined): boolean =>
      key !== undefined && (groups.get(key)?.length ?? 0) >= SHARED_BY
    this.#items = all.filter((one) => !isShared(one.question?.key)).map((one) => one.item)
    this.#shared = [...groups].filter(([key]) => isShared(key)).map(([, group]) => shareOf(group))
  }

  forEach(request: CedarRequest, take: (item: Item) => void): void {
    for (const item of this.#items) take(item)
    for (const shared of this.#shared) {
      const found = answered(shared, request)
      if (found !== undefined) for (const item of found) take(item)
    }
  }
}

function shareOf<Item>(
  group: readonly { readonly question: Question | undefined; readonly item: Item }[],
): Shared<Item> {
  const byAnswer = new Map<HashKey, Item[]>()
  for (const { question, item } of group) {
    for (const key of new Set(question?.answers.map(hashKey))) {
      byAnswer.set(key, [...(byAnswer.get(key) ?? []), item])
    }
  }
  const run = group[0]?.question?.run as Run
  return { run, items: group.map((one) => one.item), byAnswer }
}

/** A question that fails is left to each policy: its head may not even fit. */
function answered<Item>(
  { run, items, byAnswer }: Shared<Item>,
  request: CedarRequest,
): readonly Item[] | undefined {
  try {
    return byAnswer.get(hashKey(run(request)))
  } catch (error) {
    if (error instanceof EvaluationError) return items
    throw error
  }
}
