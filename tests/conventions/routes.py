"""Who may open what: every route, the record it is about and the roles that may open it. Read it as a table, and review it.

Columns: the route's name, after `/` the last part of its address where that decides; the record the address names
(`-`: none; `case@rostered`: a case in that state); one letter for each role that may open it; how it answers.

    C caseworker · L employer liaison · M programme manager · D data officer · P protection focal point · A auditor
    X partner · S administrator of the system · `public`: everybody, signed in or not

    page: only shown · form: shown, and sent by POST · deed: only sent by POST · data: for programs, not a page

The letters are written out and not computed from `accounts.roles.GRANTS`, so that a change there shows here.
"""

from dataclasses import dataclass

from accounts.roles import Role

LETTERS = {
    "C": Role.CASEWORKER,
    "L": Role.LIAISON,
    "M": Role.MANAGER,
    "D": Role.DATA,
    "P": Role.PROTECTION,
    "A": Role.AUDITOR,
    "X": Role.PARTNER,
    "S": Role.ADMINISTRATOR,
}

# fmt: off
TABLE = """
health                              -                   public    data
gallery                             -                   public    form
set_language                        -                   public    deed

account_login                       -                   public    form
account_reset_password              -                   public    form
account_reset_password_from_key     password link       public    form
mfa_authenticate                    -                   public    form
mfa_login_webauthn                  -                   public    data
account_logout                      -                   CLMDPAXS  form
account_reauthenticate              -                   CLMDPAXS  form
account_change_password             -                   CLMDPAXS  form
account_set_password                -                   CLMDPAXS  form
usersessions_list                   -                   CLMDPAXS  form
mfa_index                           -                   CLMDPAXS  page
mfa_reauthenticate                  -                   CLMDPAXS  form
mfa_reauthenticate_webauthn         -                   CLMDPAXS  form
mfa_activate_totp                   -                   CLMDPAXS  form
mfa_deactivate_totp                 -                   CLMDPAXS  form
mfa_view_recovery_codes             -                   CLMDPAXS  page
mfa_generate_recovery_codes         -                   CLMDPAXS  form
mfa_download_recovery_codes         -                   CLMDPAXS  data
mfa_list_webauthn                   -                   CLMDPAXS  page
mfa_add_webauthn                    -                   CLMDPAXS  form
mfa_edit_webauthn                   passkey             CLMDPAXS  form
mfa_remove_webauthn                 passkey             CLMDPAXS  form

accounts:profile                    -                   CLMDPAXS  form
accounts:kept                       -                   CLMDPAXS  page
accounts:discard                    kept text           CLMDPAXS  deed
accounts:keepalive                  -                   CLMDPAXS  deed
accounts:theme                      -                   CLMDPAXS  deed
accounts:play                       -                   CLMDPAXS  form

drafts:save                         -                   CLMDPAXS  deed
drafts:discard                      -                   CLMDPAXS  deed

notifications:list                  -                   CLMDPAXS  page
notifications:read                  -                   CLMDPAXS  deed
notifications:mute                  -                   CLMDPAXS  deed
notifications:unmute                muted case          CLMDPAXS  deed
notifications:preferences           -                   CLMDPAXS  form
notifications:preview               -                   CLMDPAXS  page
notifications:send_digest           -                   CLMDPAXS  deed
notifications:stop                  stop link           public    form
notifications:mailbox               -                   CLMDPAXS  page
notifications:mailbox_letter        demo letter         CLMDPAXS  page
notifications:mailbox_html          demo letter         CLMDPAXS  page

batches:list                        -                   CLMDPAXS  page
batches:detail                      batch               CLMDPAXS  page
batches:upload/people_import        -                   ..MD....  form
batches:template/people_import      -                   ..MD....  data
batches:columns                     sheet of people     ..MD....  form
batches:decide                      sheet of people     ..MD....  form
batches:rows                        batch               CLMDPAXS  deed
batches:file                        batch               CLMDPAXS  deed
batches:result                      batch               CLMDPAXS  deed
batches:deed/start                  batch               CLMDPAXS  form

worklist:today                      -                   CLMDPAXS  page
worklist:cases                      -                   CLMDPAX.  page
worklist:help                       -                   CLMDPAXS  page
worklist:problem                    -                   CLMDPAXS  form
worklist:close_first_steps          -                   CLMDPAXS  deed
worklist:palette                    -                   CLMDPAXS  form

lists:columns                       list                CLMDPAX.  form
lists:save                          list                CLMDPAX.  form
lists:views                         list                CLMDPAX.  page
lists:counts                        list                CLMDPAX.  data
lists:take                          list                CLMDPA..  form
lists:edit_view                     view                CLMDPAX.  form
lists:drop_view                     view                CLMDPAX.  form
lists:place                         view                CLMDPAX.  deed
lists:exports                       -                   CLMDPA..  page
lists:export                        export              CLMDPA..  page
lists:fetch                         export              CLMDPA..  deed
lists:decide                        request             ..M.....  form

bulk:deed/assign                    -                   ..M.....  form
bulk:deed/take                      -                   C.M.....  form
bulk:deed/tag                       -                   C.M.....  form
bulk:deed/message                   -                   C.M.....  form
bulk:deed/tell                      -                   C.M.....  form
bulk:deed/request                   -                   C...P...  form
bulk:deed/move                      -                   C.M.....  form
bulk:deed/medical                   -                   C.M.....  form
bulk:deed/invite                    -                   C.M.....  form
bulk:deed/flight                    -                   C.M.....  form

readiness:board                     -                   CLM.....  page

papers:verify                       -                   public    form
papers:verified                     letter code         public    page

people:list                         -                   CLMDPA..  page
people:search                       -                   CLMDPA..  form
people:new                          -                   C.M.P...  form
people:duplicates                   -                   C.MDP...  page
people:pair                         pair                C.MDP...  page
people:merge_pair                   pair                ..M.....  deed
people:different                    pair                C.MDP...  form
people:propose                      pair                C.MDP...  form
people:later                        pair                C.MDP...  deed
people:merges                       -                   C.MDP...  page
people:merge                        merge               C.MDP...  page
people:unmerge                      merge               ..M.....  form
people:possible                     -                   C.M.P...  deed
people:alike                        person              C.MDP...  form
people:detail                       person              CLMDPA..  page
people:edit                         person              C.M.P...  form
people:consent                      person              C.M.P...  form
people:withdraw                     consent             C.M.P...  deed
people:municipalities               -                   C.M.P...  data
people:languages                    person              C.M.P...  form
people:add_document                 person              C.M.P...  form
people:edit_document                identity            C.M.P...  form
people:remove_document              identity            C.M.P...  deed
people:add_phone                    person              C.M.P...  form
people:edit_phone                   phone               C.M.P...  form
people:remove_phone                 phone               C.M.P...  deed
people:add_address                  person              C.M.P...  form
people:edit_address                 address             C.M.P...  form
people:remove_address               address             C.M.P...  deed
people:add_member                   person              C.M.P...  form
people:edit_member                  household member    C.M.P...  form
people:remove_member                household member    C.M.P...  deed
people:photo                        photo               CLMDPA..  data
people:thumbnail                    photo               CLMDPA..  data
people:upload_photo                 person              C.M.P...  form
people:remove_photo                 person              C.M.P...  deed

employers:list                      -                   CLMDPA..  page
employers:new                       -                   .L......  form
employers:associations              -                   CLMDPA..  page
employers:new_association           -                   .L......  form
employers:association               association         CLMDPA..  page
employers:edit_association          association         .L......  form
employers:recruiters                -                   CLMDPA..  page
employers:new_recruiter             -                   .L......  form
employers:recruiter                 recruiter           CLMDPA..  page
employers:edit_recruiter            recruiter           .L......  form
employers:recruiter_fair            recruiter           .L......  form
employers:compliance                employer            CLMDPA..  page
employers:add_part/event            employer            .L......  form
employers:add_part/inspection       site itself         .L......  form
employers:edit_part/licence         licence             .L......  form
employers:detail                    employer            CLMDPA..  page
employers:edit                      employer            .L......  form
employers:suspend                   employer            .L......  form
employers:reactivate                employer            .L......  form
employers:add_site                  employer            .L......  form
employers:edit_site                 site                .L......  form
demand:add_authorisation            employer            .L......  form
demand:edit_authorisation           authorisation       .L......  form

demand:list                         -                   CLMDPA..  page
demand:new                          -                   .L......  form
demand:detail                       demand              CLMDPA..  page
demand:edit                         demand              .L......  form
demand:submit                       demand              .L......  form
demand:review                       demand              ..M.....  form
demand:approve                      demand              ..M.....  form
demand:return                       demand              ..M.....  form
demand:reject                       demand              ..M.....  form
demand:open                         demand              .L......  form
demand:cancel                       demand              .L......  form
demand:close                        demand              .L......  form
demand:name                         demand              .L......  form
demand:open_position                named position      .L......  deed
demand:position                     named position      .L......  form
demand:make_generic                 named position      .L......  deed
demand:deductions                   demand              .L......  form
demand:remove_deduction             deduction           .L......  deed
demand:renew                        demand              .L......  form
selection:candidates                demand              CLM.....  page
selection:find                      demand              CLM.....  form
selection:select                    candidate           CLM.....  form
selection:put_forward               demand              CLM.....  deed
selection:offer                     position            CLM.....  form
selection:seat                      position            CLMDPA..  page
selection:shortlist                 demand              CLM.....  page
selection:propose                   demand              CLM.....  deed
selection:give                      proposal            CLM.....  form
selection:decide                    candidacy           CLM.....  form
selection:invite                    candidacy           CLM.....  form
selection:move_up                   candidacy           CLM.....  deed
selection:plan_day                  demand              CLM.....  form
selection:day                       interview day       CLM.....  page
selection:fill_day                  interview day       CLM.....  deed

casefile:overview                   case                CLMDPAX.  page
casefile:history                    case                CLMDPA..  page
casefile:note                       case                CLM.P...  form
casefile:assign                     case                ..M.....  form
casefile:tags                       case                C.M.....  form
casefile:move/eligible              case@registered     C.M.....  form
casefile:move/ineligible            case@registered     C.M.....  form
casefile:move/waitlisted            case@registered     C.M.....  form
casefile:move/registered            case@ineligible     C.M.....  form
casefile:move/rostered              case@eligible       C.M.....  form
casefile:move/suspended             case@rostered       C.M.....  form
casefile:move/selected              case@rostered       CLM.....  form
casefile:move/rostered              case@selected       CLM.....  form
casefile:move/in_documentation      case@selected       CLM.....  form
casefile:move/rostered              case                CLM.....  form
casefile:move/ready_to_travel       case                C.M.....  form
casefile:move/refused               case                C.M.....  form
casefile:move/unfit                 case                C.M.....  form
casefile:move/withdrawn             case                C.M.....  form
casefile:move/in_documentation      case@refused        C.M.....  form
casefile:move/in_documentation      case@ready_to_travel  C.M.....  form
casefile:move/travelling            case@ready_to_travel  C.M.....  form
casefile:move/no_show               case@ready_to_travel  C.M.....  form
casefile:move/active                case@travelling     CLM.....  form
casefile:move/turned_back           case@travelling     CLM.....  form
casefile:move/ended                 case@active         CLM.....  form
casefile:move/ended_early           case@active         CLM.....  form
casefile:move/left_employment       case@active         CLM.....  form
casefile:move/whereabouts_unknown   case@active         CLM.....  form
casefile:move/status_changed        case@active         CLM.....  form
casefile:move/deceased              case@active         C.M.....  form
casefile:move/active                case@left_employment  CLM.....  form
casefile:move/active                case@ended_early    CLM.....  form
casefile:move/active                case@ended          CLM.....  form
casefile:move/return_overdue        case@ended          CLM.....  form
casefile:move/returned              case@ended          CLM.....  form
casefile:move/recall_offered        case@returned       CLM.....  form
casefile:move/in_reintegration      case@returned       C.M.P...  form
casefile:move/closed                case@returned       C.M.....  form
casefile:move/expired               case@rostered       C.M.....  form
casefile:move/void_duplicate        case@registered     ..M.....  form
casefile:move/reopened              case@closed         ..M.....  form

enrolment:intake                    -                   C.M.P...  form
enrolment:intake_person             -                   C.M.P...  form
enrolment:intake_possible           -                   C.M.P...  deed
enrolment:new                       person              C.M.....  form
enrolment:dates                     case                C.M.....  form
enrolment:test                      test                C.M.....  form
enrolment:tick                      check               C.M.....  form
enrolment:waive                     check               ..M.....  form
enrolment:snooze                    step                CLM.P...  form

departure:documents                 case                CLM.PA..  page
departure:record                    document asked for  C...P...  form
departure:request                   document asked for  C...P...  form
departure:other                     case                C...P...  form
departure:edit                      document            C...P...  form
departure:verify                    document            C...P...  form
departure:reject                    document            C...P...  form
departure:revoke                    document            C...P...  form
departure:attach                    document            C...P...  form
departure:attach_permit             permit              C...P...  form
departure:file                      page of a document  CLM.P...  data
departure:picture                   page of a document  CLM.P...  data
departure:opened                    case                ..M.PA..  page
departure:remove_file               page of a document  C...P...  form
departure:medical                   case                C.M.....  form
departure:result                    medical exam        C.M.....  form
departure:missed                    medical exam        C.M.....  form
departure:permit                    permit asked for    C.M.....  form
departure:permit_step               permit              C.M.....  form
departure:permit_withdraw           permit              C.M.....  form
departure:contract                  case                CLM.....  form
departure:terms                     contract            CLM.PA..  page
departure:explain                   contract            CLM.....  form
departure:worker_signs              contract            CLM.....  form
departure:employer_signs            contract            CLM.....  form
departure:letters                   case                CLM.PA..  page
departure:issue                     case                CLM.....  form
departure:letter                    issued letter       CLM.PA..  page
departure:letter_file               issued letter       CLM.P...  data
departure:letter_retry              issued letter       CLM.....  form
departure:letter_withdraw           issued letter       CLM.....  form
departure:orientation               case                C.M.....  form
departure:trip                      case                C.M.....  form
departure:trip_cancel               trip                C.M.....  form

training:list                       -                   CLM.....  page
training:new                        -                   C.M.....  form
training:session                    session             CLM.....  page
training:invitations                session             CLM.....  page
training:change                     session             C.M.....  form
training:join                       session             C.M.....  form
training:attendance                 session             C.M.....  form
training:certificates               session             C.M.....  form
training:end                        session             C.M.....  form
training:take_off                   place in session    C.M.....  form
training:here                       invitation          C.M.....  form
training:qr                         invitation          CLM.....  data

travel:list                         -                   CLM.....  page
travel:new                          -                   C.M.....  form
travel:travellers                   -                   CLM.....  page
travel:group                        flight group        CLM.....  page
travel:manifest                     flight group        CLM.....  page
travel:add_leg                      flight group        C.M.....  form
travel:change                       flight group        C.M.....  form
travel:call_off                     flight group        C.M.....  form
travel:delay                        leg                 C.M.....  form
travel:remove_leg                   leg                 C.M.....  form
travel:join                         flight group        C.M.....  form
travel:tickets                      flight group        C.M.....  form
travel:depart                       flight group        C.M.....  form
travel:no_show                      seat                C.M.....  form
travel:lead                         seat                C.M.....  deed

placement:arrivals                  flight group        CLM.....  form
placement:detail                    case@active         CLMDPA..  page
placement:check_in                  case@active         CLM.....  form
placement:extend                    case@active         CLM.....  form
placement:fair                      case@active         CLM.....  form

returns:list                        -                   CLMDPA..  page
returns:detail                      case@ended          CLMDPA..  page
returns:plan                        case@ended          CLM.....  form
returns:book                        case@ended          CLM.....  form
returns:depart                      case@ended          CLM.....  form
returns:postpone                    case@ended          CLM.....  form
returns:miss                        case@ended          CLM.....  form
recall:accept                       case@recall_offered  CLM.....  form
recall:decline                      case@recall_offered  CLM.....  form

reintegration:list                  -                   C.MDPA..  page
reintegration:detail                case@in_reintegration  C.MDPA..  page
reintegration:plan                  case@in_reintegration  C...P...  form
reintegration:line_new              case@in_reintegration  C...P...  form
reintegration:line                  plan line           C...P...  form
reintegration:deliver               plan line           C...P...  form
reintegration:remove                plan line           C...P...  form
reintegration:follow_up             follow-up           C...P...  form
reintegration:deed/assess           case@in_reintegration  C...P...  form
reintegration:deed/agree            case@in_reintegration  C...P...  form
reintegration:deed/implement        case@in_reintegration  C...P...  form
reintegration:deed/complete         case@in_reintegration  C...P...  form
reintegration:deed/monitor          case@in_reintegration  C...P...  form
reintegration:deed/pause            case@in_reintegration  C...P...  form
reintegration:deed/resume           case@in_reintegration  C...P...  form

reports:list                        -                   CLMDPA..  page
reports:make                        -                   ..MD....  form
reports:detail                      report              CLMDPA..  page
reports:table                       report              CLMDPA..  data
"""

# The configuration site: each model, who may open its pages, and which pages there are for them.
S = frozenset({Role.ADMINISTRATOR})
D_AND_S = S | {Role.DATA}
NOBODY: frozenset[str] = frozenset()
STAFF = D_AND_S
ADMIN = {
    "accounts_user":                 (S, "changelist add change history"),
    "accounts_membership":           (S, "changelist add change history delete"),
    "accounts_office":               (S, "changelist add change history delete"),
    "accounts_officeholiday":        (S, "changelist add change history delete"),
    # Deleted only while nothing was done under them, which is not so here.
    "programmes_programme":          (S, "changelist add change history"),
    "programmes_season":             (S, "changelist add change history"),
    "programmes_requirement":        (S, "changelist add change history delete"),
    "programmes_code":               (D_AND_S, "changelist add change history"),
    "programmes_reportschedule":     (S, "changelist add change history delete"),
    "programmes_letter":             (S, "changelist change history"),
    "programmes_duplicatehint":      (S, "changelist change history"),
    "programmes_lettertemplate":     (S, "changelist add change history"),
    # What the libraries brought along: their pages stay shut.
    "auth_group":                    (NOBODY, ""),
    "account_emailaddress":          (NOBODY, ""),
    "mfa_authenticator":             (NOBODY, ""),
    "usersessions_usersession":      (NOBODY, ""),
    "socialaccount_socialapp":       (NOBODY, ""),
    "socialaccount_socialtoken":     (NOBODY, ""),
    "socialaccount_socialaccount":   (NOBODY, ""),
}
# Open to somebody who has given the password and not yet the second factor; from anybody else they lead to the door.
HALFWAY_IN = {"mfa_authenticate", "mfa_login_webauthn"}
# Present only when an OpenID Connect server is set.
ONLY_WHEN_SET = {"openid_connect_login", "openid_connect_callback", "socialaccount_connections"}
# fmt: on


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: full name of the route.
        last: the last part of the address, where one route is many pages; else "".
        record: what its address names; "" when nothing.
        roles: who may open it; None when everybody may.
        how: page, form, deed or data.
    """

    name: str
    last: str
    record: str
    roles: frozenset[str] | None
    how: str

    def __str__(self) -> str:
        return f"{self.name}{'/' + self.last if self.last else ''}{' of ' + self.record if self.record else ''}"

    def is_open_to(self, role: str) -> bool:
        """Whether somebody with this role may open it."""
        return self.roles is None or role in self.roles


def _row(line: str) -> Row:
    route, *record, who, how = line.split()
    name, _slash, last = route.partition("/")
    words = " ".join(record)
    roles = None if who == "public" else frozenset(LETTERS[letter] for letter in who if letter != ".")
    return Row(name, last, "" if words == "-" else words, roles, how)


ROWS = [_row(line) for line in TABLE.strip().splitlines() if line.strip()]
