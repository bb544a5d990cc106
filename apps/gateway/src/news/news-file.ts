import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from '@portcullis/kernel/schema'
import { type NewsOf, noNews, type Topic, topics } from '@portcullis/model/news/news'

/**
 * What a gateway was told of a topic, beside its revisions on the disk: one that starts while the control plane is away
 * must not bring back to life what was revoked, and must know the keys that are good.
 */
export interface NewsFile<T extends Topic> {
  read(): Promise<NewsOf<T>>
  /** The file is whole at any moment, the old one or the new. */
  write(known: NewsOf<T>): Promise<void>
}

export function openNewsFile<T extends Topic>(home: string, topic: T): NewsFile<T> {
  const path = join(home, `${topic}.json`)
  const content = z.strictObject({ position: z.int().min(0), entries: z.array(topics[topic].entry) })
  return {
    async read() {
      try {
        return { topic, ...content.parse(JSON.parse(await readFile(path, 'utf8'))) }
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return noNews(topic)
        throw thrown
      }
    },
    async write({ position, entries }) {
      await writeFile(`${path}.new`, JSON.stringify({ position, entries }), { mode: 0o600, flush: true })
      await rename(`${path}.new`, path)
    },
  }
}
