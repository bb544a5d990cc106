import { mailContract } from './contract.ts'
import { openMemoryMail } from './memory.ts'

mailContract('memory', async () => {
  const mail = openMemoryMail()
  return {
    mail,
    arrived: () => mail.sent.map(({ key: _, ...message }) => message),
    takeAway: async () => {
      mail.isAway = true
    },
    close: async () => undefined,
  }
})
