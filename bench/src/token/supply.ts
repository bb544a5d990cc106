import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import type { Supply, SupplyOrder } from './token-site.ts'

export type Make = (count: number) => Promise<readonly string[]>

/** In a served process: answers orders for as long as it lives. */
export function answerOrders(makers: Readonly<Record<Supply, Make>>): void {
  const answer = async (line: string): Promise<void> => {
    const { supply, count } = JSON.parse(line) as SupplyOrder
    const made = JSON.stringify(await makers[supply](count))
    // What was left behind by making them is not left to be collected while they are used up.
    globalThis.gc?.({ type: 'minor', execution: 'sync' })
    console.log(made)
  }
  let last = Promise.resolve()
  createInterface({ input: process.stdin }).on('line', (line) => {
    last = last.then(() => answer(line))
    last.catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
}

/** In the process that measures. */
export async function order(
  input: Writable,
  answers: { next<T>(): Promise<T> },
  wanted: SupplyOrder,
): Promise<string[]> {
  input.write(`${JSON.stringify(wanted)}\n`)
  return [...(await answers.next<readonly string[]>())]
}
