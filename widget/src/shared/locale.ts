/** True for languages that are written from right to left. */
export const isRTL = (locale: string) => /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/i.test(locale);
