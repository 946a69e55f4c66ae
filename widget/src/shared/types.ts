// The objects of the wire contract, as the visitor's and the agents' API send them. Times are RFC 3339 strings.

export type Sender = 'visitor' | 'agent' | 'bot';

export interface Attachment {
  file_id: string;
  name: string;
  content_type: string;
  size: number;
  url: string;
  /** Pixels as shown; only of pictures that may be drawn. */
  width?: number;
  height?: number;
  /** It was removed because of its age. */
  expired?: boolean;
}

export interface Message {
  message_id: string;
  session_id: string;
  sender: Sender;
  sender_id?: string;
  sender_name?: string;
  message: string;
  timestamp: string;
  /** 1, 2, 3 … without gaps in the session. Absent on a note. */
  seq?: number;
  client_id?: string;
  edited_at?: string;
  deleted_at?: string;
  attachments: Attachment[];
  /** Answers to choose from while this is the newest message. */
  quick_replies?: string[];
  /** The text in the other side's language, where the host translates. */
  translation?: string;
  /** An agents' note; never sent to a visitor. */
  note?: true;
  /** Agents whom a note is meant for. */
  mentions?: string[];
}

export interface LastMessage {
  message_id: string;
  sender: Sender;
  sender_name?: string;
  message: string;
  timestamp: string;
  seq: number;
}

export interface Page {
  url: string;
  title?: string;
  referrer?: string;
}

export interface Rating {
  score: number;
  comment?: string;
}

interface SessionBase {
  session_id: string;
  status: 'active' | 'closed';
  visitor_name: string;
  visitor_email?: string;
  department?: string;
  created_at: string;
  updated_at: string;
  closed_at?: string;
  /** The seq of the last message, so also how many there are. */
  message_count: number;
  last_message?: LastMessage;
  /** The messages that the reader of this form has not seen. */
  unread: number;
  agent_seen_seq: number;
  visitor_seen_seq: number;
  rating?: Rating;
  messages?: Message[];
}

/** A session as its visitor sees it. */
export interface VisitorSession extends SessionBase {
  agent?: Person;
  /** How many wait before and with this one, while it waits for somebody. */
  queue_position?: number;
}

/** A session as agents see it. */
export interface Session extends SessionBase {
  visitor_id: string;
  source?: string;
  assignee_id?: string;
  assignee_name?: string;
  tags: string[];
  custom_data: Record<string, unknown>;
  page?: Page;
  close_reason?: string;
  version: number;
  waiting_since?: string;
  first_reply_at?: string;
  queued_at?: string;
  assigned_at?: string;
  /** Put off until then, or "reply": until the visitor writes. */
  snoozed_until?: string;
  missed: boolean;
  banned?: Ban;
  visitor_online: boolean;
}

/** Something that was done to a session: who had it, that it was put off, taken back or closed. */
export interface HistoryEntry {
  action: 'assigned' | 'released' | 'transferred' | 'snoozed' | 'woken' | 'closed';
  /** Absent for what was done before histories were kept. */
  by?: 'agent' | 'api_key' | 'host' | 'visitor' | 'system';
  by_id?: string;
  by_name?: string;
  agent_id?: string;
  agent_name?: string;
  department?: string;
  until?: string;
  timestamp: string;
}

export interface Person {
  name: string;
  avatar_url?: string;
  /** What the tint of their initials goes by, where it is not the name: many visitors have none. */
  tint?: string | undefined;
}

/** A page that a visitor saw or, with a name, a line that the host's page added to their trail. */
export interface Step extends Page {
  name?: string;
  data?: Record<string, unknown>;
  timestamp: string;
}

/** Why a visitor may not come in, and until when; without an end until it is lifted. */
export interface Ban {
  reason?: string;
  until?: string;
  banned_at: string;
  by?: string;
  with_address?: boolean;
}

export interface AddressBan extends Ban {
  ban_id: string;
  address: string;
  visitor_id?: string;
}

export interface Visitor {
  visitor_id: string;
  name: string;
  email?: string;
  external_id?: string;
  verified: boolean;
  locale?: string;
  time_zone?: string;
  user_agent?: string;
  page?: Page;
  /** The latest visit, where pages are followed. */
  visit?: Visit;
  banned?: Ban;
  custom_data: Record<string, unknown>;
  online: boolean;
  created_at: string;
  last_seen_at: string;
  /** The newest session that is open; only in lists. */
  session_id?: string | undefined;
}

/** A stay on the site. What it says was so when it began. */
export interface Visit {
  started_at: string;
  last_at: string;
  pages: number;
  landing: Page;
  utm?: Partial<Record<'source' | 'medium' | 'campaign' | 'term' | 'content', string>>;
  locale?: string;
  device: { kind?: string; browser?: string; system?: string };
  returning: boolean;
  address?: string;
  place?: { country?: string; region?: string; city?: string; company?: string };
}

export interface Agent {
  agent_id: string;
  name: string;
  email?: string;
  avatar_url?: string;
  availability: 'available' | 'away';
  online: boolean;
  admin: boolean;
  /** The session that they look at. */
  viewing?: string;
}

export type Scope = 'read' | 'write' | 'admin';

export interface APIKey {
  api_key_id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  created_at: string;
  last_used_at?: string;
  revoked_at?: string;
  /** Only in the answer that creates it. */
  key?: string;
}

export type Ask = 'off' | 'optional' | 'required';

/** What the visitor's side is told about the host when it says hello. */
export interface Config {
  name: string;
  greeting?: string;
  topics: string[];
  /** Agents who are available now, three at most. */
  people: Person[];
  /** The median first response of late in seconds, only where it is known. */
  reply_time_s?: number;
  color?: string;
  /** A sentence about how soon an answer comes. */
  reply_promise?: string;
  /** What to ask this visitor before their first message. */
  pre_chat: { visitor_name: Ask; visitor_email: Ask; department: Ask; consent?: string };
  /** Departments to choose from. */
  departments: string[];
  /** What to say and ask while nobody is there. */
  away: { message?: string; visitor_email: Ask };
  /** The next opening, outside the opening hours. */
  back_at?: string;
  limits: { message: number; file: number };
  tracking: boolean;
  /** Parameters of addresses whose values may be told; only with tracking. */
  keep_query?: string[];
  features: { files: boolean; rating: boolean; typing_preview: boolean };
}

export interface Hello {
  token: string;
  visitor_id: string;
  /** Whether the host vouches for the visitor. */
  verified: boolean;
  online: boolean;
  config: Config;
  session: VisitorSession | null;
}

export interface TypingData {
  session_id: string;
  sender: Sender;
  sender_id?: string;
  sender_name?: string;
  typing: boolean;
  /** What has been written so far: by a bot, for all, or by a visitor, for agents, where the settings say so. */
  preview?: string;
}

export interface QueuePositionData {
  session_id: string;
  /** 1 is next. */
  position: number;
}

export interface SeenData {
  session_id: string;
  /** Who has seen it. */
  sender: 'visitor' | 'agent';
  message_id: string;
  seq: number;
}

/** One event of a stream. Only durable events have an id. */
export interface Envelope<T = unknown> {
  id?: string;
  event: string;
  timestamp: string;
  data: T;
}

export interface SessionPage {
  sessions: VisitorSession[];
  next_cursor?: string;
}

export interface MessagePage {
  session_id: string;
  messages: Message[];
  next_cursor?: string;
}
