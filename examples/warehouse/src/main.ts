import { startWarehouse } from './server.ts'

const { url } = await startWarehouse({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8090) })
process.stdout.write(`the warehouse answers at ${url}\n`)
