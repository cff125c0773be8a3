"""Everything of billing: the columns beside people and workshops, the ledger with its chain, and our own tables.

The database itself proves the ledger, with no sums in triggers:
- posted rows of a person are numbered 1, 2, 3 …; each starts where the one before it ended (`chain`), and none
  can share a number (`posted_once`);
- the cached balance references the posted row it equals (`balance_is_posted`), and two small triggers make that
  row the last one;
- rows are never deleted, and only a payment that settles may change (`ledger_append_only`).
"""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import BigInt, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-24T00:00:00:000002"
DESCRIPTION = "billing: ledger, purchases, inbox, sign-in"

HOST_COLUMNS = (
    """
ALTER TABLE users                                            -- constant defaults: no rewrite, old rows get them
  ADD COLUMN name                text NOT NULL DEFAULT '',
  ADD COLUMN credit_balance      integer NOT NULL DEFAULT 0,  -- credits
  ADD COLUMN ledger_seq          bigint,                      -- number of the last posted row
  ADD COLUMN last_posted_at      timestamptz,
  ADD COLUMN onboarding_complete boolean NOT NULL DEFAULT false,
  ADD COLUMN stripe_customer_id  text,
  ADD COLUMN plan_tier           text NOT NULL DEFAULT 'free',
  ADD CONSTRAINT one_stripe_customer UNIQUE (stripe_customer_id),
  ADD CONSTRAINT balance_from_zero CHECK (ledger_seq IS NOT NULL OR credit_balance = 0)""",
    """
ALTER TABLE workshops
  ADD COLUMN current_step       text NOT NULL DEFAULT 'challenge',
  ADD COLUMN form_key           text,
  ADD COLUMN credit_consumed_at timestamptz,                  -- set = unlocked
  ADD CONSTRAINT one_workshop_per_form UNIQUE (clerk_user_id, form_key)""",
    """
CREATE INDEX workshops_of_user ON workshops (clerk_user_id, created_at DESC, id DESC) WHERE deleted_at IS NULL""",
)

STEPS = (
    """
CREATE TABLE workshop_steps (
  id          text PRIMARY KEY,
  workshop_id text NOT NULL REFERENCES workshops (id) ON DELETE CASCADE,
  slug        text NOT NULL CHECK (slug <> ''),
  status      text NOT NULL DEFAULT 'not_started' CHECK (status IN ('not_started', 'in_progress', 'completed')),
  notes       text NOT NULL DEFAULT '' CHECK (length(notes) <= 20000),
  version     integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT one_row_per_step UNIQUE (workshop_id, slug)
)""",
)

PURCHASES = (
    """
CREATE TABLE purchases (
  id                    text PRIMARY KEY,
  clerk_user_id         text NOT NULL REFERENCES users (clerk_user_id),
  pack                  text NOT NULL CHECK (pack <> ''),
  pack_name             text NOT NULL CHECK (pack_name <> ''),
  credits               integer NOT NULL CHECK (credits > 0),
  amount_cents          integer NOT NULL CHECK (amount_cents > 0),   -- minor units of `currency`
  currency              text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  stripe_price_id       text NOT NULL,
  base_url              text NOT NULL,
  status                text NOT NULL CHECK (status IN ('started', 'open', 'settling', 'paid', 'failed', 'expired', 'refused')),
  request_no            integer NOT NULL DEFAULT 0 CHECK (request_no >= 0),
  stripe_customer_id    text,
  customer_email        text,
  stripe_session_id     text,
  payment_intent        text,
  payment_method        text,
  livemode              boolean NOT NULL DEFAULT false,
  amount_refunded_cents integer NOT NULL DEFAULT 0 CHECK (amount_refunded_cents BETWEEN 0 AND amount_cents),
  dispute_status        text,
  unlock_workshop_id    text,                                        -- outlives the workshop: the story names it
  intent_outcome        text,
  refused_reason        text,
  return_path           text,
  attempt_key           text,
  origin                text NOT NULL DEFAULT 'stripe' CHECK (origin IN ('stripe', 'seed')),
  created_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
  paid_at               timestamptz,
  closed_at             timestamptz,
  CONSTRAINT one_purchase_per_session UNIQUE (stripe_session_id),
  CONSTRAINT one_purchase_per_attempt UNIQUE (clerk_user_id, attempt_key),
  CONSTRAINT paid_is_dated CHECK (status <> 'paid' OR paid_at IS NOT NULL),
  CONSTRAINT purchase_of_user UNIQUE (clerk_user_id, id)
)""",
    """
CREATE UNIQUE INDEX one_open_purchase ON purchases (clerk_user_id, pack, unlock_workshop_id) NULLS NOT DISTINCT
  WHERE status IN ('started', 'open')""",
    "CREATE INDEX purchases_of_user ON purchases (clerk_user_id, created_at DESC, id DESC)",
    "CREATE INDEX purchases_by_payment ON purchases (payment_intent) WHERE payment_intent IS NOT NULL",
    "CREATE INDEX purchases_with_intent ON purchases (unlock_workshop_id) WHERE unlock_workshop_id IS NOT NULL",
)

LEDGER = (
    """
CREATE TABLE credit_transactions (
  id                text PRIMARY KEY CHECK (id <> ''),
  clerk_user_id     text NOT NULL REFERENCES users (clerk_user_id),
  type              text NOT NULL,
  status            text NOT NULL,
  amount            integer NOT NULL,                                -- credits, signed
  balance_after     integer NOT NULL,                                -- credits
  description       text NOT NULL CHECK (description <> ''),
  workshop_id       text REFERENCES workshops (id) ON DELETE SET NULL,
  stripe_session_id text,
  created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),  -- now() would be the moment before the wait for a lock
  seq               bigint,                                          -- 1, 2, 3 … per person; NULL while uncounted
  prev_seq          bigint GENERATED ALWAYS AS (CASE WHEN seq > 1 THEN seq - 1 END) STORED,
  balance_before    integer,                                         -- credits
  posted_at         timestamptz,
  idempotency_key   text NOT NULL CHECK (idempotency_key <> ''),
  actor             text NOT NULL CHECK (actor IN ('user', 'operator', 'stripe', 'system')),
  actor_id          text,
  reason            text,
  note              text,
  purchase_id       text,
  reverses_id       text REFERENCES credit_transactions (id),
  workshop_title    text,
  request_id        text,
  CONSTRAINT known_type CHECK (type IN ('purchase', 'consumption', 'refund', 'grant', 'reversal', 'adjustment')),
  CONSTRAINT known_status CHECK (status IN ('pending', 'completed', 'failed')),
  CONSTRAINT sign_of_type CHECK (CASE type
    WHEN 'consumption' THEN amount < 0 WHEN 'refund' THEN amount < 0
    WHEN 'adjustment' THEN amount <> 0 ELSE amount > 0 END),
  CONSTRAINT only_payments_wait CHECK (status = 'completed' OR type = 'purchase'),
  CONSTRAINT payment_is_named CHECK (type NOT IN ('purchase', 'refund') OR purchase_id IS NOT NULL),
  CONSTRAINT reversal_is_named CHECK ((type = 'reversal') = (reverses_id IS NOT NULL)),
  CONSTRAINT session_of_purchase CHECK (stripe_session_id IS NULL OR type = 'purchase'),
  CONSTRAINT unlock_names_workshop CHECK (type <> 'consumption' OR workshop_id IS NULL
    OR starts_with(idempotency_key, 'unlock:' || workshop_id || ':')),
  CONSTRAINT one_row_per_key UNIQUE (idempotency_key),
  CONSTRAINT one_row_per_session UNIQUE (stripe_session_id),
  CONSTRAINT purchase_of_same_user FOREIGN KEY (clerk_user_id, purchase_id) REFERENCES purchases (clerk_user_id, id),
  CONSTRAINT posted CHECK ((status = 'completed') = (seq IS NOT NULL)),
  CONSTRAINT whole CHECK (CASE WHEN seq IS NULL THEN num_nonnulls(balance_before, posted_at) = 0
    ELSE num_nonnulls(balance_before, posted_at) = 2 END),           -- a CHECK passes on NULL, so NULLs are counted
  CONSTRAINT chain_start CHECK (seq >= 1 AND (seq > 1 OR balance_before = 0)),
  CONSTRAINT adds_up CHECK (balance_after = balance_before + amount),
  CONSTRAINT no_overdraft CHECK (amount > 0 OR type = 'refund' OR seq IS NULL OR balance_after >= 0),
  CONSTRAINT posted_once UNIQUE (clerk_user_id, seq),                -- without it two rows could share a number
  CONSTRAINT chain_target UNIQUE (clerk_user_id, seq, balance_after),
  CONSTRAINT chain FOREIGN KEY (clerk_user_id, prev_seq, balance_before)
    REFERENCES credit_transactions (clerk_user_id, seq, balance_after)
)""",
    """
CREATE INDEX uncounted_of_user ON credit_transactions (clerk_user_id, created_at DESC, id DESC) WHERE seq IS NULL""",
    "CREATE INDEX movements_of_purchase ON credit_transactions (purchase_id) WHERE purchase_id IS NOT NULL",
    "CREATE INDEX movements_of_workshop ON credit_transactions (workshop_id) WHERE workshop_id IS NOT NULL",
    "CREATE INDEX reversals_of ON credit_transactions (reverses_id) WHERE reverses_id IS NOT NULL",
    """
ALTER TABLE users ADD CONSTRAINT balance_is_posted FOREIGN KEY (clerk_user_id, ledger_seq, credit_balance)
  REFERENCES credit_transactions (clerk_user_id, seq, balance_after)""",
)

GUARDS = (
    """
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE
  settling CONSTANT text[] := ARRAY['status', 'seq', 'prev_seq', 'balance_before', 'balance_after', 'posted_at'];
  erased CONSTANT text[] := ARRAY['description', 'note', 'prev_seq'];  -- prev_seq: still NULL inside a BEFORE trigger
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status IN ('pending', 'failed') AND NEW.status = 'completed'      -- the money came, perhaps late
       AND to_jsonb(OLD) - settling = to_jsonb(NEW) - settling THEN
      RETURN NEW;
    END IF;
    IF OLD.status = 'pending' AND NEW.status = 'failed'                      -- the money did not come
       AND to_jsonb(OLD) - 'status' - 'prev_seq' = to_jsonb(NEW) - 'status' - 'prev_seq' THEN
      RETURN NEW;
    END IF;
    IF NEW.workshop_id IS NULL AND OLD.workshop_id IS NOT NULL               -- ON DELETE SET NULL of the workshop
       AND to_jsonb(OLD) - 'workshop_id' - 'prev_seq' = to_jsonb(NEW) - 'workshop_id' - 'prev_seq' THEN
      RETURN NEW;
    END IF;
    IF NEW.description = '[erased]' AND coalesce(NEW.note, '[erased]') = '[erased]'  -- a person asked to be forgotten
       AND to_jsonb(OLD) - erased = to_jsonb(NEW) - erased THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'credit_transactions is append-only: this % is refused', lower(TG_OP)
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
END $guard$""",
    """
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON credit_transactions
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only()""",
    """
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON credit_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()""",
    """
CREATE FUNCTION ledger_seq_steps() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
  IF NEW.clerk_user_id <> OLD.clerk_user_id
     OR coalesce(NEW.ledger_seq, 0) - coalesce(OLD.ledger_seq, 0) NOT IN (0, 1) THEN
    RAISE EXCEPTION 'ledger_seq of % moves by one or not at all', OLD.clerk_user_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_seq_steps';
  END IF;
  RETURN NEW;
END $guard$""",
    """
CREATE TRIGGER ledger_seq_steps BEFORE UPDATE OF clerk_user_id, ledger_seq ON users
  FOR EACH ROW EXECUTE FUNCTION ledger_seq_steps()""",
    """
CREATE FUNCTION ledger_row_is_last() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN  -- fires when the statement ends, so the person's row has moved by then
  IF NOT EXISTS (SELECT FROM users WHERE clerk_user_id = NEW.clerk_user_id AND ledger_seq = NEW.seq) THEN
    RAISE EXCEPTION 'row % of % is not where the balance points', NEW.seq, NEW.clerk_user_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_row_is_last';
  END IF;
  RETURN NULL;
END $guard$""",
    """
CREATE TRIGGER ledger_row_is_last AFTER INSERT OR UPDATE OF seq ON credit_transactions
  FOR EACH ROW WHEN (NEW.seq IS NOT NULL) EXECUTE FUNCTION ledger_row_is_last()""",
)

INBOX = (
    """
CREATE TABLE stripe_events (
  id              text PRIMARY KEY,
  stripe_event_id text NOT NULL CHECK (stripe_event_id <> ''),
  type            text NOT NULL CHECK (type <> ''),
  object_id       text,
  livemode        boolean NOT NULL,
  payload         bytea NOT NULL,                                    -- raw: odd bytes fit neither text nor jsonb
  state           text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'done', 'quarantined', 'ignored')),
  attempts        integer NOT NULL DEFAULT 0,
  error           text,
  purchase_id     text,
  received_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  handled_at      timestamptz,
  CONSTRAINT one_row_per_event UNIQUE (stripe_event_id)
)""",
    "CREATE INDEX events_to_look_at ON stripe_events (state, received_at) WHERE state IN ('received', 'quarantined')",
)

DOORS = (
    """
CREATE TABLE identities (
  id             text PRIMARY KEY,
  clerk_user_id  text NOT NULL REFERENCES users (clerk_user_id),
  provider       text NOT NULL CHECK (provider <> ''),
  subject        text NOT NULL CHECK (subject <> ''),
  email          text,
  email_verified boolean NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT one_person_per_identity UNIQUE (provider, subject)
)""",
    "CREATE INDEX identities_of_user ON identities (clerk_user_id)",
    """
CREATE TABLE sign_in_links (
  id           text PRIMARY KEY,
  token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
  email        text NOT NULL CHECK (email <> ''),
  return_path  text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz,
  CONSTRAINT one_link_per_token UNIQUE (token_hash)
)""",
    "CREATE INDEX sign_in_links_of_email ON sign_in_links (email, created_at)",
    """
CREATE TABLE sessions (
  id            text PRIMARY KEY,
  token_hash    bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  clerk_user_id text NOT NULL REFERENCES users (clerk_user_id),
  provider      text NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL,
  CONSTRAINT one_session_per_token UNIQUE (token_hash)
)""",
    "CREATE INDEX sessions_of_user ON sessions (clerk_user_id)",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(
        ID, DESCRIPTION, (*HOST_COLUMNS, *STEPS, *PURCHASES, *LEDGER, *GUARDS, *INBOX, *DOORS)
    )
    describe_tables(manager)
    return manager


def describe_tables(manager: WrittenInSql) -> None:
    """The tables as Piccolo saw them on the day of this migration: what auto-migration compares with."""
    describe(
        manager,
        "User",
        "users",
        id=Text(primary_key=True, default=""),
        clerk_user_id=Text(unique=True, default=""),
        email=Text(default=""),
        name=Text(default=""),
        credit_balance=Integer(default=0),
        ledger_seq=BigInt(null=True, default=None),
        last_posted_at=Timestamptz(null=True, default=None),
        onboarding_complete=Boolean(default=False),
        stripe_customer_id=Text(null=True, default=None, unique=True),
        plan_tier=Text(default="free"),
        created_at=Timestamptz(default=TimestamptzNow()),
        updated_at=Timestamptz(default=TimestamptzNow()),
        deleted_at=Timestamptz(null=True, default=None),
    )
    describe(
        manager,
        "Identity",
        "identities",
        id=Text(primary_key=True, default=""),
        clerk_user_id=Text(default=""),
        provider=Text(default=""),
        subject=Text(default=""),
        email=Text(null=True, default=None),
        email_verified=Boolean(default=False),
        created_at=Timestamptz(default=TimestamptzNow()),
    )
    describe(
        manager,
        "SignInLink",
        "sign_in_links",
        id=Text(primary_key=True, default=""),
        token_hash=Bytea(default=b""),
        browser_hash=Bytea(default=b""),
        email=Text(default=""),
        return_path=Text(default=""),
        created_at=Timestamptz(default=TimestamptzNow()),
        expires_at=Timestamptz(default=TimestamptzNow()),
        used_at=Timestamptz(null=True, default=None),
    )
    describe(
        manager,
        "Session",
        "sessions",
        id=Text(primary_key=True, default=""),
        token_hash=Bytea(default=b""),
        clerk_user_id=Text(default=""),
        provider=Text(default=""),
        created_at=Timestamptz(default=TimestamptzNow()),
        last_seen_at=Timestamptz(default=TimestamptzNow()),
        expires_at=Timestamptz(default=TimestamptzNow()),
    )
    describe(
        manager,
        "Workshop",
        "workshops",
        id=Text(primary_key=True, default=""),
        clerk_user_id=Text(default=""),
        title=Text(default=""),
        status=Text(default="active"),
        current_step=Text(default="challenge"),
        form_key=Text(null=True, default=None),
        credit_consumed_at=Timestamptz(null=True, default=None),
        created_at=Timestamptz(default=TimestamptzNow()),
        updated_at=Timestamptz(default=TimestamptzNow()),
        deleted_at=Timestamptz(null=True, default=None),
    )
    describe(
        manager,
        "WorkshopStep",
        "workshop_steps",
        id=Text(primary_key=True, default=""),
        workshop_id=Text(default=""),
        slug=Text(default=""),
        status=Text(default="not_started"),
        notes=Text(default=""),
        version=Integer(default=1),
        created_at=Timestamptz(default=TimestamptzNow()),
        updated_at=Timestamptz(default=TimestamptzNow()),
    )
    describe(
        manager,
        "Purchase",
        "purchases",
        id=Text(primary_key=True, default=""),
        clerk_user_id=Text(default=""),
        pack=Text(default=""),
        pack_name=Text(default=""),
        credits=Integer(default=0),
        amount_cents=Integer(default=0),
        currency=Text(default=""),
        stripe_price_id=Text(default=""),
        base_url=Text(default=""),
        status=Text(default="started"),
        request_no=Integer(default=0),
        stripe_customer_id=Text(null=True, default=None),
        customer_email=Text(null=True, default=None),
        stripe_session_id=Text(null=True, default=None, unique=True),
        payment_intent=Text(null=True, default=None),
        payment_method=Text(null=True, default=None),
        livemode=Boolean(default=False),
        amount_refunded_cents=Integer(default=0),
        dispute_status=Text(null=True, default=None),
        unlock_workshop_id=Text(null=True, default=None),
        intent_outcome=Text(null=True, default=None),
        refused_reason=Text(null=True, default=None),
        return_path=Text(null=True, default=None),
        attempt_key=Text(null=True, default=None),
        origin=Text(default="stripe"),
        created_at=Timestamptz(default=TimestamptzNow()),
        updated_at=Timestamptz(default=TimestamptzNow()),
        paid_at=Timestamptz(null=True, default=None),
        closed_at=Timestamptz(null=True, default=None),
    )
    describe(
        manager,
        "CreditTransaction",
        "credit_transactions",
        id=Text(primary_key=True, default=""),
        clerk_user_id=Text(default=""),
        type=Text(default=""),
        status=Text(default=""),
        amount=Integer(default=0),
        balance_after=Integer(default=0),
        description=Text(default=""),
        workshop_id=Text(null=True, default=None),
        stripe_session_id=Text(null=True, default=None, unique=True),
        created_at=Timestamptz(default=TimestamptzNow()),
        seq=BigInt(null=True, default=None),
        balance_before=Integer(null=True, default=None),
        posted_at=Timestamptz(null=True, default=None),
        idempotency_key=Text(default="", unique=True),
        actor=Text(default=""),
        actor_id=Text(null=True, default=None),
        reason=Text(null=True, default=None),
        note=Text(null=True, default=None),
        purchase_id=Text(null=True, default=None),
        reverses_id=Text(null=True, default=None),
        workshop_title=Text(null=True, default=None),
        request_id=Text(null=True, default=None),
    )
    describe(
        manager,
        "StripeEvent",
        "stripe_events",
        id=Text(primary_key=True, default=""),
        stripe_event_id=Text(default="", unique=True),
        type=Text(default=""),
        object_id=Text(null=True, default=None),
        livemode=Boolean(default=False),
        payload=Bytea(default=b""),
        state=Text(default="received"),
        attempts=Integer(default=0),
        error=Text(null=True, default=None),
        purchase_id=Text(null=True, default=None),
        received_at=Timestamptz(default=TimestamptzNow()),
        handled_at=Timestamptz(null=True, default=None),
    )
