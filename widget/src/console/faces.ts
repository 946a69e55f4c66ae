// Emoji by name, for :name while writing. The first of them are offered before a name is typed.

const list = `🙂 smile slight_smile|👍 thumbsup yes ok|🙏 thanks pray please|😊 blush happy|🎉 tada party celebrate|❤️ heart love|✅ check done|👋 wave hello
😀 grin grinning|😄 laughing_eyes|😂 joy tears|🤣 rofl|😉 wink|😍 heart_eyes|😎 cool sunglasses|🤔 thinking hmm|😅 sweat_smile|😇 angel innocent|🥰 adore hearts|😘 kiss|😋 yum tasty|😜 tongue joke|🤗 hug|🤭 oops giggle
😐 neutral|😕 confused|🙁 frown|😢 cry sad|😭 sob|😞 disappointed|😔 pensive|😟 worried|😠 angry|😡 rage|😱 scream shock|😴 sleep tired|🤒 ill sick|🤯 mind_blown|😬 grimace|🙄 eye_roll|😳 flushed|🥳 partying
👎 thumbsdown no|👌 ok_hand perfect|👏 clap bravo|🙌 raised_hands hooray|🤝 handshake deal|💪 muscle strong|✌️ victory peace|🤞 fingers_crossed luck|👉 point_right|👆 point_up|👀 eyes look|🤷 shrug|🤦 facepalm|🫶 heart_hands
💛 yellow_heart|💚 green_heart|💙 blue_heart|💜 purple_heart|🖤 black_heart|💔 broken_heart|✨ sparkles|⭐ star|🔥 fire hot|💯 hundred|💡 idea bulb|⚡ lightning fast|☀️ sun sunny|🌈 rainbow|🌧️ rain|❄️ snow cold|🌱 seedling plant|🌸 blossom|🌹 rose|🍀 clover
❌ cross wrong|⚠️ warning careful|❓ question|❗ exclamation important|⏳ hourglass waiting|⏰ alarm clock|📅 calendar date|📌 pin|📎 paperclip attachment|🔗 link|🔒 lock secure|🔑 key|🔧 wrench fix|🛠️ tools repair|⚙️ gear settings|🔍 search magnifier|📷 camera photo|📱 phone mobile|💻 laptop computer|🖨️ printer
📦 package parcel box|🚚 truck delivery shipping|✈️ plane flight|🚗 car|🏠 house home|🏢 office|🏪 shop store|🛒 cart basket|🛍️ shopping bags|🎁 gift present|💳 card credit payment|💰 money bag|💶 euro|💵 dollar|💷 pound|🧾 receipt invoice|📈 chart_up growth|📉 chart_down|📊 bars statistics|📝 memo note
✉️ letter envelope mail|📧 email|📞 telephone call|💬 speech chat|🗓️ planner|📄 page document|📁 folder|🖼️ picture frame|🎨 art paint|🎵 music|☕ coffee|🍵 tea|🍰 cake|🎂 birthday|🍕 pizza|🍎 apple|🍷 wine|🍻 cheers beer|🥂 toast champagne|🍽️ plate dinner
🐶 dog|🐱 cat|🐦 bird|🐝 bee|🦋 butterfly|🌍 world earth|🏖️ beach holiday|⛰️ mountain|🏃 run hurry|🚀 rocket launch|🏆 trophy win|🥇 medal first|🎯 target goal|🎓 graduation|👶 baby|👨‍👩‍👧 family|👤 person|👥 people team|🧑‍💻 developer|🧑‍🎨 artist
➡️ right|⬅️ left|⬆️ up|⬇️ down|🔄 refresh again|➕ plus|➖ minus|✔️ tick|☑️ checked|🆗 okay|🆕 new|🆓 free|🔴 red|🟠 orange|🟡 yellow|🟢 green|🔵 blue|⚪ white|⚫ black|🏁 finish`;

const all = list.split(/[|\n]/).map((entry) => entry.split(' ') as [string, string, ...string[]]);

/** Those with a name that begins with the word, then those that have it inside. */
export function find(word: string, most: number): [string, string][] {
  if (!word) return all.slice(0, most).map(([face, name]) => [face, name]);
  const rank = ([, ...names]: string[]) => Math.min(...names.map((n) => (n === word ? 0 : n.startsWith(word) ? 1 : n.includes(word) ? 2 : 3)));
  return all.map((one) => [rank(one), one] as const).filter(([n]) => n < 3).sort((a, b) => a[0] - b[0]).slice(0, most)
    .map(([, [face, ...names]]) => [face, names.find((n) => n.startsWith(word)) ?? names[0]!]);
}
