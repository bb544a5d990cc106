import { webContract } from './contract.ts'
import { type MemorySites, openMemoryWeb } from './memory.ts'

webContract('memory', () => {
  const sites: Record<string, MemorySites[string]> = {}
  let count = 0
  return {
    web: openMemoryWeb(sites),
    nowhere: 'https://nowhere.example/',
    put: async (site) => {
      const url = `https://site-${++count}.example/`
      sites[url] = ({ method, headers, body }) =>
        site({
          method,
          body: typeof body === 'string' ? body : new TextDecoder().decode(body),
          header: (name) => {
            const at = headers.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === name)
            return at < 0 ? undefined : headers[at + 1]
          },
        })
      return url
    },
    close: async () => undefined,
  }
})
