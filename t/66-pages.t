# What people see who are refused: each reason in each format and language, what
# strangers write into it, what "nginx -t" says of pages of a site.
# docs/pages.md.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use POSIX qw(mkfifo);
use lib "$FindBin::Bin/lib";

use Test::More;

use Healthcode::Docs qw(slurp);
use Healthcode::Fixture;
use Healthcode::Http qw(get exchange answers);
use Healthcode::Keys qw(drop_proofs $REGION $CONTROL);
use Healthcode::Nginx;

my $PAGES = "$Healthcode::Fixture::ROOT/ngx_http_healthcode_module/pages/refused";
my @KINDS = qw(renew code holder condition busy other);

my $f = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site = $f->path('site');
my $folder = $f->path('pages');

$f->write('users', "staff:{PLAIN}open-sesame\n");
$f->write('site/page.shtml', 'page <!--# include virtual="/gate" -->');
$f->write('site/sorry', "sorry\n");

# A folder of a site: a language of its own, each page with what strangers send.
my $strange = '<!DOCTYPE html><html lang="ug"><head><title>$arg_x</title>'
    . '<link rel="stylesheet" href="page.css"></head><body class="KIND">'
    . '<p title="$arg_x" data-x=\'$http_accept_language\'>$arg_x|$host|$uri</p>'
    . '<a href="/from?$args">x</a><a href="$healthcode_link_renew">y</a></body></html>';
sub folder {
    my ($name, %change) = @_;
    my %files = ((map { ("$_.ug.html" => $strange =~ s/KIND/$_/r) } @KINDS),
                 'page.css' => "p { color: #000; }\n", %change);
    mkdir $f->path($name);
    $f->write("$name/$_", $files{$_}) for grep { defined $files{$_} } sort keys %files;
    return $f->path($name);
}
# a browser hashes a style with "\n" alone
folder('pages', 'page.css' => "p { color: #000; }\r");

my $http = <<"END";
${\ $f->http_conf}
healthcode_contact renew      "https://code.example/open?from=hall&x=1";
healthcode_contact correction "mailto:correct\@hall.example";
healthcode_contact hotline    tel:+861012345;
healthcode_contact lane       "Gate B: left of <the> entrance";
healthcode_source header Authorization "(?i)^bearer +(\\S+) *\$";
healthcode_source query code;
add_header X-Seen "\$healthcode_colour \$healthcode_reason" always;

server {
    listen unix:{{SOCK}};
    listen unix:{{ROOT}}/two.sock http2;
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
    location /doctor { healthcode on; healthcode_require role = doctor; alias $site/passed; }
    location /lane { healthcode on; healthcode_audience lane-7; alias $site/passed; }
    location /warm { healthcode on; alias $site/passed;
        healthcode_temperature query temp max=37.3; }
    location /second { healthcode on; healthcode_require \$arg_second = yes;
        alias $site/passed; }
    location /old { healthcode on; healthcode_max_age 1m; alias $site/passed; }
    location /fresh { healthcode on; healthcode_data_max_age 1h; alias $site/passed; }
    location /class { healthcode on; healthcode_disclose class; alias $site/passed; }
    location /page { healthcode on; error_page 401 403 503 /sorry; alias $site/passed; }
    location /again { healthcode on; error_page 401 403 503 /t; alias $site/passed; }
    location /sorry { alias $site/sorry; }
    location /reply { healthcode on; healthcode_reply deny 403 "no"; alias $site/passed; }
    location /gate { healthcode on; healthcode_gate; }
    location /ssi { ssi on; ssi_types *; alias $site/page.shtml; }
    location /any { satisfy any; healthcode on; deny all; alias $site/passed; }
    location /any-page { satisfy any; healthcode on; deny all; alias $site/passed;
        error_page 401 403 /sorry; }
    location /any-reply { satisfy any; healthcode on; deny all; alias $site/passed;
        healthcode_reply missing 404 "none"; }
    location /staff { satisfy any; healthcode on; alias $site/passed;
        auth_basic staff; auth_basic_user_file $f->{dir}/users; }
    location /delayed { satisfy any; healthcode on; alias $site/passed;
        auth_basic staff; auth_basic_user_file $f->{dir}/users; auth_delay 10ms; }
    location /ours { healthcode on; healthcode_page $folder; alias $site/passed;
        healthcode_contact renew "\$arg_to"; }
    location /bare { healthcode on; alias $site/passed;
        healthcode_contact renew ""; healthcode_contact lane "";
        healthcode_contact correction ""; healthcode_contact hotline ""; }
    location /mine-ssi { ssi on; ssi_types *; healthcode on; healthcode_contact hotline "\$http_x";
        alias $site/passed; }
    location /mine { healthcode on; healthcode_contact hotline "\$arg_to"; alias $site/passed; }
    location /words { healthcode on; error_page 401 503 /told; alias $site/passed; }
    location /told { internal;
        return 200 "\$healthcode_contact_hotline|\$healthcode_link_hotline|\$healthcode_refresh"; }
}
END

my $nginx = Healthcode::Nginx->new(module => $f->module, http => $http)->start;
my $alice = $f->code('ALICE');
my $bob = $f->code('BOB');

sub ask {
    my ($uri, $code, @more) = @_;
    my %opt = ref $more[-1] ? %{ pop @more } : ();
    return get($nginx->sock, $uri,
               [ defined $code ? "Authorization: Bearer $code" : (), @more ], %opt);
}

my $HTML = 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
my $TEXT = 'Accept: text/plain';
my $JSON = 'Accept: application/json, text/plain, */*';
my $ZH = 'Accept-Language: zh-CN,zh;q=0.9,en;q=0.8';
my $SITE_HASH = encode_base64(sha256("p { color: #000; }\n"), '');
my $HASH = encode_base64(sha256(slurp("$PAGES/page.css")), '');

my %title;
{
    my $table = slurp("$PAGES/../../core/healthcode_reason.h") =~ s/\\\n//gr;
    while ($table =~ /X\(\w+, "(\w+)", \d+, \w+, \w+,\s*((?:"[^"]*"\s*)+),\s*"([^"]*)"\)/g) {
        my ($word, $english, $chinese) = ($1, $2, $3);
        $title{$word} = [ join('', $english =~ /"([^"]*)"/g), $chinese ];
    }
}


# ---- each reason in each format and language ----

sub escaped { $_[0] =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr
    =~ s/'/&#39;/gr }

sub check_json {
    my ($a, $what, $reason, $n) = @_;
    my $said = eval { JSON::PP->new->utf8->decode($a->{body}) } || {};
    my $title = $title{$reason}[$n];
    utf8::decode($title);
    is($a->{header}{'content-type'}, 'application/problem+json', "$what: its type");
    is($said->{title}, $title, "$what: its title");
    is("$said->{type} $said->{status} $said->{reason}",
       "urn:healthcode:problem:$reason $a->{status} $reason", "$what: its members");
    is($said->{retry}, $said->{class} =~ /^(store|keys)$/ ? 1 : undef,
       "$what: worth another try or not");
    is($a->{header}{'retry-after'}, $said->{retry}, "$what: in its header, too");
}

sub check_text {
    my ($a, $what, $reason, $n) = @_;
    is($a->{header}{'content-type'}, 'text/plain; charset=utf-8', "$what: its type");
    like($a->{body}, qr/\A\Q$title{$reason}[$n]\E\n/, "$what: its title");
    like($a->{body}, qr/: \+861012345\n.*: Gate B: left of <the> entrance\n\z/s,
         "$what: whom to turn to");
}

# no colour but that of the verdict
sub check_html {
    my ($a, $what, $reason, $n, $colour) = @_;
    my $body = $a->{body};
    my ($kind) = $body =~ /<body class="(\w+)">/;
    is($a->{header}{'content-type'}, 'text/html; charset=utf-8', "$what: its type");
    like($body, qr/\A<!DOCTYPE html>.*<\/html>\n\z/s, "$what: it is whole");
    like($body, qr/\Q${\ escaped($title{$reason}[$n]) }\E/, "$what: its title");
    is($kind eq 'holder' ? 'red' : $kind eq 'condition' ? 'yellow' : 'grey', $colour,
       "$what: its colour");
    unlike($body, qr/<script|javascript:|\$healthcode/i, "$what: no script, nothing left over");
    like($body, qr/<html lang="${\ ($n ? 'zh-CN' : 'en') }">/, "$what: its language");
    like($a->{header}{'content-security-policy'},
         qr/^default-src 'none'; style-src 'sha256-\Q$HASH\E'; /, "$what: its policy");
    is("$a->{header}{'referrer-policy'} $a->{header}{'x-content-type-options'}",
       'no-referrer nosniff', "$what: nothing is told to others");
    is(scalar(() = $body =~ /href="tel:\+861012345"/g), 1, "$what: a number to call");
    is($a->{header}{refresh}, $kind eq 'busy' ? 10 : undef, "$what: whether it asks again");
    is($a->{header}{'retry-after'}, $a->{header}{refresh}, "$what: and when");
    unlike($body, qr/code\.example/, "$what: a fresh code does not help")
        if $kind !~ /^(renew|code)$/;
    unlike($body, qr/correct\@hall/, "$what: there is nothing to contest") if $kind ne 'holder';
    return $kind;
}

my %KIND = (missing => 'code', ambiguous => 'code', expired => 'renew', too_old => 'renew',
    code_revoked => 'renew', issued_before => 'renew', data_old => 'busy', flagged => 'holder', region => 'holder', status => 'holder',
    claim => 'condition', temperature => 'condition', condition => 'condition',
    status_unsupported => 'other', store_unproven => 'busy', store_unavailable => 'busy');
my %tried;

sub each_way {
    my ($reason, $uri, $code) = @_;
    my $colour;
    $tried{$reason} = 1;
    for my $n (0, 1) {
        my @language = $n ? $ZH : ();
        my %length;
        for my $case ([ json => \&check_json, () ], [ json => \&check_json, $JSON ],
            [ text => \&check_text, $TEXT ], [ html => \&check_html, $HTML ])
        {
            my ($format, $check, @accept) = @$case;
            my $what = join ' ', $reason, $format, $n ? 'zh' : 'en';
            my $a = ask($uri, $code, @accept, @language);
            ($colour) = $a->{header}{'x-seen'} =~ /^(\w+) $reason$/
                or return fail("$what: $a->{status} $a->{header}{'x-seen'}");
            isnt($colour, 'green', "$what: no deny is green");
            my $kind = $check->($a, $what, $reason, $n, $colour);
            is($kind, $KIND{$reason}, "$what: its page") if $format eq 'html' && $KIND{$reason};
            is($a->{header}{'content-language'}, $n ? 'zh' : 'en', "$what: said in a header");
            is($a->{header}{vary}, 'Accept, Accept-Language', "$what: by what it was chosen");
            is($a->{header}{'cache-control'}, 'no-store', "$what: not to be stored");
            unlike($a->{raw}, qr/\bcontact,|confirmed/i, "$what: never which flag")
                if $reason eq 'flagged';

            my $head = ask($uri, $code, @accept, @language, { method => 'HEAD' });
            is("$head->{status} $head->{header}{'content-length'}$head->{body}",
               "$a->{status} " . length $a->{body}, "$what: HEAD has its length");
        }
    }
}

sub site { $f->site(@_) }

each_way(missing => '/t');
each_way(ambiguous => "/t?code=$bob", $alice);
each_way(malformed => '/t', 'x');
each_way(unsupported => '/t', site(header => { zip => 'DEF' }));
each_way(issuer => '/t', site(claims => { iss => 'x' }));
each_way(type => '/t', site(header => { typ => 'JWT' }));
each_way(algorithm => '/t', site(header => { alg => 'none' }));
each_way(key => '/t', site(header => { kid => 'x' }));
each_way(signature => '/t', site(secret => 'x' x 32));
each_way(lifetime => '/t', site(claims => { exp => time + 5000 }));
each_way(not_yet_valid => '/t', site(claims => { nbf => time + 500 }));
each_way(expired => '/t', site(claims => { iat => time - 5000, exp => time - 4500 }));
each_way(too_old => '/old', site(claims => { iat => time - 120, exp => time + 60 }));
each_way(audience => '/lane', $alice);
each_way(status => '/t', site(claims => { status => 'x' }));
each_way(status_unsupported => '/t', site(claims => { status => {} }));
each_way(claim => '/doctor', $alice);
each_way(temperature_missing => '/warm', $alice);
each_way(temperature => '/warm?temp=38.0', $alice);
each_way(condition => '/second', $alice);

$redis->cmd('HSET', $f->risk('alice'), 'contact', 0,
            'confirmed', 0, $f->revoked($f->issue(sub => 'nobody')), 0);
each_way(flagged => '/t', $alice);
$redis->cmd('HSET', $REGION, 51, 'high 0');
each_way(region => '/t', $f->issue(sub => 'eva', region => [ 51 ]));
$redis->cmd('HSET', $f->risk('bob'), $f->revoked($bob), 0);
each_way(code_revoked => '/t', $bob);
$redis->cmd('HSET', $CONTROL, 'issuer:https://national.example', 0);
each_way(issuer_suspended => '/t', $f->issue(sub => 'dora'));
$redis->cmd('DEL', $CONTROL);

$redis->cmd('HSET', $CONTROL, 'before:' . $f->claims->{iss}, time - 60);
each_way(issued_before => '/t', site(claims => { iat => time - 120, exp => time + 60 }));
$redis->cmd('DEL', $CONTROL);
each_way(data_old => '/fresh', $f->issue(sub => 'dora'));

my $carol = $f->issue(sub => 'carol');
is(ask('/t', $carol)->{body}, "passed\n", 'who is let in sees none of it');
is(ask('/t', $carol)->{header}{vary}, undef, 'nor its headers');


# ---- formats ----

for my $case ([ 'problem+json' => '*/*' ], [ 'problem+json' => 'image/avif,image/webp,*/*;q=0.8' ],
    [ 'problem+json' => 'application/problem+json, text/html;q=0.9' ],
    [ 'problem+json' => 'application/json, text/html;q=0.9' ], [ 'problem+json' => 'image/png' ],
    [ 'problem+json' => '' ], [ html => 'text/html' ], [ html => 'text/*, */*;q=0.1' ],
    [ plain => 'text/plain, text/html;q=0.5' ])
{
    my ($type, $accept) = @$case;
    like(ask('/t', undef, "Accept: $accept")->{header}{'content-type'}, qr/\Q$type\E/,
         "Accept: $accept is $type");
}
for my $case ([ 'en', 'fr' ], [ 'zh', 'zh-Hant-TW' ], [ 'zh', 'fr', 'zh;q=0.1' ], [ 'en', 'ug' ],
    [ 'en', 'zh;q=0' ])
{
    my ($language, @said) = @$case;
    is(ask('/t', undef, $HTML, map { "Accept-Language: $_" } @said)->{header}{'content-language'},
       $language, "Accept-Language: @said is $language");
}
like((exchange($nginx->sock, "GET /t HTTP/1.0\r\n$HTML\r\n\r\n"))[0],
     qr{^HTTP/1.1 401 .*</html>\n\z}s, 'HTTP/1.0 gets a whole page');
for my $header ('If-None-Match: *', 'If-Match: "x"', 'Range: bytes=0-9') {
    my $a = ask('/t', undef, $HTML, $header);
    is($a->{status}, 401, "$header: it is a refusal");
    like($a->{body}, qr{</html>}, "$header: and whole");
}


# ---- who speaks first ----

is(ask('/page', undef, $HTML)->{body}, "sorry\n", 'an error_page of the site wins');
is(ask('/page', undef, $HTML)->{header}{vary}, undef, 'and has no header of ours');
is(ask('/reply', undef, $HTML)->{body}, 'no', 'so does healthcode_reply');
like(ask('/again', undef, $HTML)->{body}, qr{</html>}, 'a gated page is no page');
like(ask('/gate', undef, $HTML)->{body}, qr{</html>}, 'a gate that others ask answers people');
like(ask('/ssi', undef, $HTML)->{body}, qr{^page \{"type":"urn}, 'a part of a page does not');

for my $uri ('/any', '/any?code=x') {
    my $a = ask($uri, undef, $HTML);
    is("$a->{status} $a->{header}{'content-type'}", '401 text/html; charset=utf-8',
       "$uri: the last rule has refused");
    like($a->{header}{'www-authenticate'}, qr/^Bearer /, "$uri: with our challenge");
    is($a->{header}{'cache-control'}, 'no-store', "$uri: not to be stored");
}
my $a = ask('/any', $alice, $HTML);
is($a->{status}, 403, 'satisfy any: a flag');
like($a->{body}, qr/class="holder"/, 'its page');
is($a->{header}{'www-authenticate'}, undef, 'and no password is asked for');
is(ask('/any', $carol)->{body}, "passed\n", 'a code opens');
is(ask('/any-page', undef, $HTML)->{body}, "sorry\n", 'an error_page wins there, too');
is(ask('/any-reply', undef, $HTML)->{body}, 'none', 'and a reply');
like(ask('/any-reply', 'x', $HTML)->{body}, qr{</html>}, 'for its reason alone');

my $basic = sub { 'Authorization: Basic ' . encode_base64("staff:$_[0]", '') };
my $staff = ask('/staff', undef, $HTML);
is(join('|', sort map { $_->[1] } grep { lc $_->[0] eq 'www-authenticate' }
        @{ $staff->{headers} }), 'Basic realm="staff"|Bearer realm="healthcode"',
   'a password may be asked for');
like($staff->{body}, qr/class="code"/, 'under the page');
is(ask('/staff', undef, $basic->('open-sesame'))->{body}, "passed\n", 'which opens');
$a = ask('/staff', $alice, $HTML);
is("$a->{status} " . join('|', map { $_->[1] } grep { lc $_->[0] eq 'www-authenticate' }
   @{ $a->{headers} }), '401 Basic realm="staff"', 'also to who is flagged');
like($a->{body}, qr/class="holder"/, 'who sees why');
is(JSON::PP->new->decode(ask('/staff', $alice)->{body})->{status}, 401, 'with the status that is');
is(ask('/delayed', undef, $HTML)->{header}{'content-type'}, 'text/html',
   'a 401 that nginx delays is its own');


# ---- strangers see one answer ----

sub bytes { $_[0]{raw} =~ s/^(Date|X-Seen): .*\r\n//gmr }
my @strangers = ([ '/class' ], [ "/class?code=$bob", $alice ], map { [ '/class', $_ ] }
    'x', site(header => { zip => 'DEF' }), site(claims => { iss => 'x' }),
    site(header => { typ => 'JWT' }), site(header => { alg => 'none' }),
    site(header => { kid => 'x' }), site(secret => 'x' x 32));
for my $accept ($HTML, $TEXT, $JSON, undef) {
    for my $language ($ZH, undef) {
        for my $method (qw(GET HEAD)) {
            my %seen;
            $seen{ bytes(ask(@$_[0, 1], grep({ defined } $accept, $language),
                             { method => $method })) }++ for @strangers;
            is(scalar keys %seen, 1, join(' ', $method, $accept // '-', $language // '-')
               . ': strangers see the same bytes') or diag(join "\n", keys %seen);
        }
    }
}
like(ask('/class', site(claims => { iat => time - 5000, exp => time - 4500 }), $HTML)->{body},
     qr/class="renew"/, 'who has a code is told');


# ---- whom to turn to ----

my $page = ask('/t', undef, $HTML)->{body};
like($page, qr{href="https://code.example/open\?from=hall&amp;x=1"}, 'a link is one, escaped');
like($page, qr/>Gate B: left of &lt;the&gt; entrance</, 'a text is none');
like($page, qr/<a\s+data-if=""\s+href="">Gate B/, 'its link is empty, and not shown');
unlike(ask('/bare', undef, $HTML)->{body}, qr/tel:|code\.example|Gate B/, 'each can be left out');
is(ask('/bare', undef, $TEXT)->{body}, "No code was shown\n", 'also of a text');
is(ask('/t', $alice, $TEXT)->{body}, "$title{flagged}[0]\n"
   . "Have a wrong result corrected: correct\@hall.example\nHotline: +861012345\n"
   . "Manual lane: Gate B: left of <the> entrance\n", 'a text has those that help');
is(ask('/words')->{body}, '+861012345|tel:+861012345|', 'pages of others have them');

for my $to ('javascript:alert(1)', 'JAVASCRIPT:x', '"onclick=x', '//evil.example', 'data:text/html,x')
{
    my $said = ask("/mine?to=$to", undef, $HTML)->{body};
    unlike($said, qr/href="(?!https?:|tel:|mailto:|data:,"|")/, "$to: no link");
    unlike($said, qr/<a\s+data-if="[^"]+"\s+href="[^"]*">\Q$to\E/, "$to: but text");
    like($said, qr/\Q${\ escaped($to) }\E/, "$to: that is there");
}
for my $accept ($HTML, $TEXT, $JSON) {
    unlike(ask('/mine-ssi', undef, $accept, 'X: <!--# include virtual="/sorry" -->')->{body}, qr/sorry\n/,
           "$accept: no command of SSI");
}
unlike(ask("/mine?to=x\x01y", undef, $TEXT)->{body}, qr/\x01/, 'no control character in a text');


# ---- what strangers write ----

my @nasty = ('"><script>alert(1)</script>', "'onmouseover='x", '</title><b>', '<!--', '$host',
    '{{x}}', "\xe4\xba\xba\xff");
my $tags = 1 + (() = $strange =~ /</g);    # the link becomes a style
for my $x (@nasty) {
    my $a = ask("/ours?x=$x&to=$x", undef, $HTML, "Accept-Language: ug, $x");
    my $want = escaped($x) =~ s/\xff/&#xfffd;/r;
    is($a->{header}{'content-language'}, 'ug', "$x: the page of the site");
    like($a->{body}, qr/<title>\Q$want\E<\/title>.*<p\ title="\Q$want\E"\ data-x='ug,\ \Q$want\E'>
                        \Q$want\E\|localhost\|\/ours</xs, "$x: it is text everywhere");
    like($a->{body}, qr{href="/from\?x=\Q$want\E&amp;to=\Q$want\E"}, "$x: in an address as well");
    like($a->{body}, qr{<a href="">y}, "$x: and no link");
    is(scalar(() = $a->{body} =~ /</g), $tags, "$x: no tag more");
}
for my $uri ('/ours', '/t') {
    for my $x (@nasty) {
        my ($got) = exchange($nginx->sock, "GET $uri/$x HTTP/1.1\r\nHost: $x\r\n$HTML\r\n"
            . "Connection: close\r\n\r\n");
        unlike($got, qr/<script>alert|'onmouse|<\/title><b>/, "$uri/$x: not in the path, nor as Host");
    }
}
like(ask('/ours', undef, $HTML, 'Accept-Language: ug')->{header}{'content-security-policy'},
     qr/style-src 'sha256-\Q$SITE_HASH\E';/, 'its policy is that of its style');
is(ask('/ours', undef, $HTML, $ZH)->{header}{'content-language'}, 'zh',
   'languages that are built in stay');
is(ask('/ours', undef, $HTML)->{header}{'content-language'}, 'en', 'English for who says nothing');


# ---- busy ----

drop_proofs($redis);
my $dora = $f->issue(sub => 'dora');
each_way(store_unproven => '/t', $dora);
$a = ask('/t', $dora, $HTML, { method => 'POST', body => 'x=1' });
is("$a->{status} $a->{header}{'retry-after'} " . ($a->{header}{refresh} // '-'), '503 10 -',
   'what was posted is not asked for again');
like($a->{body}, qr/<li\s+data-if="">You need not/, 'nor said to be');
$a = ask('/again', $dora, $HTML, { method => 'POST', body => 'x=1' });
is($a->{header}{refresh}, undef, 'also where an error_page leads to a gate');
SKIP: {
    my $curl = "curl -s -i --http2-prior-knowledge --unix-socket $nginx->{root}/two.sock";
    skip 'curl has no HTTP/2', 3 if `curl -V` !~ /HTTP2/;
    my $said = `$curl -H '$HTML' -H '$ZH' -H 'Authorization: Bearer $dora' http://localhost/t`;
    like($said, qr{^HTTP/2 503 \r\n.*\nrefresh: 10\r\n.*</html>}s, 'HTTP/2: a whole page');
    like(`$curl -I -H '$HTML' -H 'Authorization: Bearer $dora' http://localhost/t`,
         qr{\nrefresh: 10\r\n.*\r\n\r\n\z}s, 'HTTP/2: HEAD');
    unlike(`$curl -d x=1 -H '$HTML' -H 'Authorization: Bearer $dora' http://localhost/t`,
           qr{\nrefresh:}, 'HTTP/2: POST');
}
is(ask('/words', $dora)->{body}, '+861012345|tel:+861012345|10', 'a page of the site can do so');
$a = ask('/any', $dora, $HTML);
is("$a->{status} $a->{header}{refresh} $a->{header}{'retry-after'}", '403 10 10',
   'satisfy any: likewise');
$redis->cmd('SET', 'x', 1);
$f->init_store;

ok($tried{$_}, "$_ was tried") for qw(missing flagged expired store_unproven);
unlike($nginx->error_log, qr/\[(?:alert|crit|emerg)\]/, 'nothing is worse than a refusal');
is($nginx->stop, 0, 'nginx ends well');


# ---- what nginx -t says of a folder ----

sub says {
    my ($what, $line, $pattern) = @_;
    $nginx->configure($f->http_conf . "server { listen unix:{{SOCK}}; location /t { healthcode on; "
                      . "$line } }");
    my ($status, $out) = $nginx->check;
    is($status ? 'refused' : 'accepted', $pattern ? 'refused' : 'accepted', "$what: nginx -t")
        or diag($out);
    like($out, $pattern, "$what: and says so") if $pattern;
}

my $n = 0;
sub bad {
    my ($what, $pattern, %change) = @_;
    my $dir = 'bad-' . ++$n;
    says($what, 'healthcode_page ' . folder($dir, %change) . ';', $pattern);
}
sub with { my ($text) = @_; return ('code.ug.html' => "<p>\n$text</p>") }

bad('a folder that is right', undef);
bad('no style', undef, 'page.css' => undef, map { ("$_.ug.html" => '<p>x</p>') } @KINDS);
says('no folder', "healthcode_page $f->{dir}/nowhere;", qr/opendir\(\) ".*nowhere" failed \(2: /);
says('no page in it', "healthcode_page $f->{dir}/site/none;", qr/failed \(2: /);
bad('an unknown kind', qr/unknown file "ok\.ug\.html" in ".*bad-\d"; write KIND\.LANG\.html, such/,
    'ok.ug.html' => 'x');
bad('an unknown file', qr/unknown file "notes\.txt"/, 'notes.txt' => 'x');
bad('a hidden file', undef, '.notes' => 'x');
bad('a kind that is missing', qr/has pages in "ug", but no "busy\.ug\.html"; write it/,
    'busy.ug.html' => undef);
bad('a language that is not whole', qr/has pages in "bo", but no "code\.bo\.html"; write it/,
    'renew.bo.html' => 'x');
bad('a page that is too large', qr/"\S+busy\.ug\.html" is larger than 65536 bytes; write a shorter/,
    'busy.ug.html' => 'x' x 65537);
bad('bytes that are not UTF-8', qr/code\.ug\.html" is not UTF-8 text in line 2; write it anew/,
    with("\xb2\xbb"));
bad('a NUL', qr/code\.ug\.html" is not UTF-8 text in line 2/, with("a\0b"));
bad('an empty page', qr/code\.ug\.html" is empty; write the page/, 'code.ug.html' => '');
bad('a script', qr/code\.ug\.html" line 2 has a script, or text for who runs none; as no browser runs/,
    with('<script>x</script>'));
bad('text for who runs no scripts', qr/code\.ug\.html" line 2 has a script, or text for who runs none/,
    with('<noscript><p title=$arg_x></noscript>'));
bad('CDATA', qr/line 2 ends within a tag, a comment or an element/, with('<svg><![CDATA[x]]></svg>'));
bad('a style', qr/code\.ug\.html" line 2 has a style; write it into "page\.css"/,
    with('<style>p { }</style>'));
bad('a style with a tag', qr/page\.css" has a "<\/", which may end a style/, 'page.css' => 'p { } </style>');
bad('a style with a variable', qr/page\.css" has a variable, but a style has none/,
    'page.css' => 'p { color: $arg_x }');
bad('a link to no style', qr/line 1 has a link to "page\.css", but there is none; write it/,
    'page.css' => undef);
bad('a $ alone', qr/code\.ug\.html" line 2 has a "\$" that begins no variable; write "&#36;"/,
    with('costs $ 5'));
bad('an unknown variable', qr/unknown "healthcode_nothing" variable/, with('$healthcode_nothing'));
for my $place ('<p title=$arg_x>', '<p $arg_x>', '<$arg_x>', '<!-- $arg_x -->', '<p style="$arg_x">',
    '<p onclick="$arg_x">', '<meta http-equiv="refresh" content="0; url=$arg_x">',
    '<p title=a$arg_x>', '</p$arg_x>')
{
    bad($place, qr/line 2 has a variable where escaping does not help; write it between/,
        with($place));
}
for my $place ('<a href="$arg_x">', "<a href='\$http_referer'>", '<a href="java$arg_x">',
    '<img src="$arg_x">', '<form action="$arg_x">', '<a href="$healthcode_link_renew$arg_x">',
    '<a href="/$arg_x">', '<a href="https://code.example$arg_x">', '<a href="&#47;&#47;$arg_x">')
{
    bad($place, qr/line 2 has a variable that may say to which site a link leads/, with($place));
}
bad('a page that ends in a tag', qr/line 2 ends within a tag, a comment or an element; end that/,
    'code.ug.html' => "<p>\n<a href=\"x");
bad('CRLF', undef, with("a\r\nb"), 'page.css' => "p { }\r\n");
my $pipe = folder('pipe', 'code.ug.html' => undef);
mkfifo("$pipe/code.ug.html", 0600) or die "mkfifo: $!";
says('a pipe', "healthcode_page $pipe;", qr/code\.ug\.html" is not a regular file of at most/);
says('twice', "healthcode_page $folder; healthcode_page $folder;", qr/"healthcode_page" directive is dup/);

SKIP: {
    skip 'root reads everything', 1 if $> == 0;
    my $dir = folder('unreadable');
    chmod 0, "$dir/code.ug.html";
    says('unreadable', "healthcode_page $dir;", qr/open\(\) ".*code\.ug\.html" failed \(13: /);
}


# ---- the pages that are built in ----

my %built = map { s{.*/}{}r => slurp($_) } glob "$PAGES/*.html";
is(join(' ', sort keys %built), join(' ', sort map { ("$_.en.html", "$_.zh.html") } @KINDS),
   'there is a page of each kind in each language');
for my $kind (@KINDS) {
    my @found = map { join ' ', sort $built{"$kind.$_.html"} =~ /\$(\w+)/g } qw(en zh);
    is($found[0], $found[1], "$kind: both languages say the same");
    my @tags = map { join '', $built{"$kind.$_.html"} =~ /<([a-z]+)/g } qw(en zh);
    is($tags[0], $tags[1], "$kind: in the same form");
}
says('a copy of them', "healthcode_page $PAGES;");

done_testing();
