// The few words that are said before the panel and its language are there.

/** Every language there is: its tag, "Try again", and what a chat is called where that is not "Chat". */
const table = 'en,Try again|de,Erneut versuchen|fr,Réessayer|es,Reintentar|pt,Tentar novamente|it,Riprova|nl,Opnieuw proberen|'
  + 'pl,Spróbuj ponownie,Czat|tr,Tekrar dene,Sohbet|ar,إعادة المحاولة,محادثة|zh,重试,聊天|ja,再試行,チャット';

/** The words of a tag's language, without those that are missing; undefined where there are none at all. */
export const words = (tag: string) => table.split('|').map((line) => line.split(',')).find(([language]) => language === tag.toLowerCase().split('-')[0]);

/** The first of these tags whose language there is. */
export const localeOf = (...tags: string[]) => tags.find(words) ?? 'en';
