import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** An API of HMart served in production; its contract lies beside it. */
export function apiDeclaration(name: string, upstream = 'http://127.0.0.1:9'): string {
  return `
kind: Api
organization: hmart
name: ${name}
spec:
  title: ${name}
  versions:
    v1:
      contract: ${name}.openapi.yaml
      state: published
      basePath: /${name}/v1
      deployments:
        production: { upstream: '${upstream}' }
`
}

/** A contract with one operation, `GET /things`, guarded by the scope `see_things`. */
export function contractText(security = '[{ main: [see_things] }]'): string {
  return `
openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
paths:
  /things:
    get:
      operationId: listThings
${security === '' ? '' : `      security: ${security}\n`}      responses:
        '200': { description: All things. }
components:
  securitySchemes:
    main:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: https://auth.example/token
          scopes: { see_things: See all things }
`
}

/** A product of the API `things`, and the stock viewer's subscription to it with these scopes; to stand behind its declaration. */
export function offerText(scopes: string): string {
  return `
---
kind: Product
organization: hmart
name: things
spec: { title: Things, apis: [{ api: things, version: v1 }] }
---
kind: Plan
organization: hmart
name: free
spec: { title: Free, product: things }
---
kind: Subscription
organization: hmart
name: viewer-things
spec: { app: stock-viewer, product: things, plan: free, scopes: [${scopes}] }
`
}
