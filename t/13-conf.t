# Wrong configuration does not start: `nginx -t` names file and line, the word
# that is wrong and what to write instead; unusual configuration starts, and is
# named in a notice.  docs/directives.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Test::More;

use Healthcode::Fixture;
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;

my $f = Healthcode::Fixture->new(no_redis => 1);

my $pepper  = $f->pepper_conf;
my $site    = $f->issuer_conf('site');
my $store   = $f->store_conf('flags', server => '127.0.0.1:6379');
my $second  = $f->store_conf('second', server => '127.0.0.1:6380');
my $gate    = 'server { listen unix:{{SOCK}}; location /t { healthcode on; } }';
my $nothing = 'server { listen unix:{{SOCK}}; }';

my $nginx = Healthcode::Nginx->new(module => $f->module, http => $nothing);

# The first line of the http block in nginx.conf.
my ($first) = do { my $n = 0; my $at = 0;
    for (split /\n/, $f->read("$nginx->{root}/nginx.conf")) {
        $n++;
        $at = $n if /^server/;
    }
    $at };


sub check {
    my ($http) = @_;
    $nginx->configure($http);
    return $nginx->check;
}


# A configuration that starts, and says (or does not say) this.
sub starts {
    my ($what, $http, %says) = @_;
    my ($status, $out) = check($http);
    is($status, 0, "$what: it starts") or diag $out;
    like($out, $says{like}, "$what: it says so") if $says{like};
    unlike($out, $says{unlike}, "$what: and is silent of the rest")
        if $says{unlike};
}


# One that does not.  The line that is wrong has its own words, and bears "!!".
sub fails {
    my ($what, $http, @say) = @_;
    my $line = $first;
    my $at;
    for (split /\n/, $http) {
        $at //= $line if s/ *!!//;
        $line++;
    }
    $http =~ s/ *!!//;
    my ($status, $out) = check($http);
    isnt($status, 0, "$what: it does not start");
    like($out, qr/\[emerg\]/, "$what: an emergency");
    my $where = $at ? qr/nginx\.conf:$at\b/ : qr/nginx\.conf(?::\d+)?/;
    like($out, $where, "$what: the place is named");
    like($out, $_, "$what: in words") for @say;
    unlike($out, qr/signal|core dumped/i, "$what: and no crash");
}

my $instead = qr/write|give|name|put|leave|make|takes|knows|must|add|use|see/i;

sub issuer {
    my (%lines) = @_;
    my $text = $f->issuer_conf('site', %lines);
    return "$pepper$text$gate";
}

sub issuer_without {
    my ($name) = @_;
    my $text = $f->issuer_conf('site');
    $text =~ s/^ +$name .*\n//m;
    return "$pepper$text$gate";
}

# An issuer or a store with one more line.
sub plus {
    my ($block, $line) = @_;
    $block =~ s/\}\n$/$line\n}\n/;
    return "$pepper$block"
         . ($block =~ /_store/ ? $site : $store) . $gate;
}


# ---- what starts ----

starts('the usual configuration', "$pepper$site$store$gate",
       unlike => qr/healthcode:|\[warn\]|\[emerg\]/);
starts('a module that is not used', $nothing, unlike => qr/healthcode:|\[warn\]/);
starts('a gate that is off everywhere', "server { listen unix:{{SOCK}};\n"
       . 'healthcode off; }', unlike => qr/healthcode:|\[warn\]/);
starts('a pepper that nobody needs', "$pepper$nothing");
starts('several stores, where a line says which',
       "$pepper$site$store$second" . $gate =~ s/on;/on; healthcode_risk second;/r);
starts('several stores, where a line says none',
       "$pepper$site$store$second" . $gate =~ s/on;/on; healthcode_risk off;/r);
starts('several stores, where no gate is on', "$pepper$site$store$second$nothing");
starts('a store whose host is an address and a port',
       "$pepper$site" . $f->store_conf('flags', server => '[::1]:6379') . $gate);


# ---- what starts, but is named ----

my %notice = (
    'an age of 16 minutes'  => [ 'healthcode_max_age 16m;', qr/healthcode_max_age/ ],
    'a flag more than the national ones' => [
        'healthcode_deny confirmed suspected contact cotravel entry quarantine '
        . 'revoked dormitory;', qr/healthcode_deny/ ],
    'a flag less' => [ 'healthcode_deny confirmed;', qr/healthcode_deny/ ],
    'as many flags, but another' => [
        'healthcode_deny confirmed suspected contact cotravel entry quarantine '
        . 'dormitory;', qr/healthcode_deny/ ],
    'passage while the store is out' => [ 'healthcode_on_outage allow;',
                                          qr/\(healthcode_on_outage allow\)/ ],
    'passage in two classes of outage' => [
        'healthcode_on_outage allow proof; healthcode_on_outage allow timeout;',
        qr/\(healthcode_on_outage allow timeout proof\)/ ],
    'all classes of outage, each by its word' => [
        'healthcode_on_outage allow auth proof refused timeout;',
        qr/\(healthcode_on_outage allow\)/ ],
    'another level' => [ 'healthcode_region_deny medium high;',
                         qr/healthcode_region_deny/ ],
    'a rule about a claim' => [ 'healthcode_require level = 3;',
                                qr/healthcode_require/ ],
    'risk that is off' => [ 'healthcode_risk off;', qr/risk/ ],
);
for my $what (sort keys %notice) {
    my ($line, $pattern) = @{ $notice{$what} };
    starts("$what", "$pepper$site$store" . $gate =~ s/on;/on; $line/r,
           like => qr/\[notice\].*$pattern/);
    starts("$what where no gate is on",
           "$pepper$site$store" . $gate =~ s/on;/off; $line/r,
           unlike => qr/\[notice\].*$pattern/);
}
starts('an age of 15 minutes', "$pepper$site$store"
       . $gate =~ s/on;/on; healthcode_max_age 15m;/r,
       unlike => qr/healthcode_max_age/);
starts('the national flags in another order', "$pepper$site$store" . $gate =~
       s/on;/on; healthcode_deny revoked quarantine entry cotravel contact suspected confirmed;/r,
       unlike => qr/healthcode_deny/);
starts('the usual level', "$pepper$site$store"
       . $gate =~ s/on;/on; healthcode_region_deny high;/r,
       unlike => qr/healthcode_region_deny/);
starts('no store', "$pepper$site$gate", like => qr/\[notice\].*store/);
starts('an issuer of longer codes', issuer(max_age => '1h'),
       like => qr/\[notice\].*max_age/);
starts('an issuer of shorter codes', issuer(max_age => '5m'),
       unlike => qr/max_age/);
starts('"satisfy any" in a gate', "$pepper$site$store"
       . $gate =~ s/on;/on; satisfy any;/r, like => qr/\[warn\].*satisfy any/);
starts('"satisfy any" elsewhere', "$pepper$site$store"
       . $gate =~ s/on;/off; satisfy any;/r, unlike => qr/\[warn\]/);
starts('"satisfy all" in a gate', "$pepper$site$store"
       . $gate =~ s/on;/on; satisfy all;/r, unlike => qr/\[warn\]/);


# ---- where it is, and what cannot do what it says ----

# Of a configuration without "!!" and its lines that bear one, in order.
sub marked {
    my ($http) = @_;
    my ($line, @at) = ($first);
    for (split /\n/, $http) {
        push @at, ("$nginx->{root}/nginx.conf:$line") x (() = /!!/g);
        $line++;
    }
    return ($http =~ s/ *!!//gr, @at);
}

# One that starts, and each line that nginx -t says of $what, in its words; AT
# is the place of the next line that bears "!!".
sub says {
    my ($case, $what, $http, @wanted) = @_;
    my ($plain, @at) = marked($http);
    my ($status, $out) = check($plain);
    is($status, 0, "$case: it starts") or diag $out;
    my @said = map { /\[(\w+)\] .*?: (?:healthcode: )?(.*)/ ? "$1: $2" : $_ }
        grep { /$what/ } split /\n/, $out;
    s/\bAT\b/shift @at/e for @wanted;
    is_deeply(\@said, \@wanted, "$case: all of it") or diag $out;
}

sub server { my ($lines, $more) = @_; return "$pepper$site$store"
    . ($more // '') . "server { listen unix:{{SOCK}};\n$lines\n}\n" }

# What is said where one of the two ages is longer, and the other one is not.
sub none_longer { my ($where, $age, $in, $max, $name) = @_;
    return "warn: location \"$where\" accepts codes for $age "
         . '(healthcode_max_age), but each of its issuers refuses those made to '
         . 'live longer than ' . ($max // '15m') . ', as lifetime; write "max_age '
         . "$age;\" in \"healthcode_issuer " . ($name // 'site') . '", or take '
         . '"healthcode_max_age" out' . ($in // '') . ' in AT' }
sub too_old { my ($where, $name, $max) = @_;
    return "warn: location \"$where\" accepts codes for 15m, but those of issuer "
         . "\"$name\" may live for $max (max_age): it refuses them as too_old for "
         . "the rest of their life; write \"healthcode_max_age $max;\" there, or "
         . '"healthcode_max_age 15m;" if that is meant in AT' }

for my $case ([ '', '' ], [ 'server_name gate.example other.example; ',
                          ' in server "gate.example"' ])
{
    my ($name, $in) = @$case;
    says("an age$in", 'healthcode_max_age', server("$name location /t { !! !!\n"
         . 'healthcode on; healthcode_max_age 16m; }'),
         'notice: location "/t" accepts codes that are older than 15 minutes '
         . "(healthcode_max_age)$in in AT", none_longer('/t', '16m', $in));
    says("an age of a server$in", 'healthcode_max_age', "$pepper$site$store"
         . "server { !! !!\nlisten unix:{{SOCK}}; $name healthcode on; "
         . 'healthcode_max_age 16m; location /t { } location /u { } }',
         'notice: location "(server)" accepts codes that are older than 15 '
         . "minutes (healthcode_max_age)$in in AT",
         none_longer('(server)', '16m', $in));
    says("satisfy any$in", 'satisfy any', server("$name location /t { !!\n"
         . 'healthcode on; satisfy any; }'),
         'warn: location "/t" says "satisfy any": any other access rule that '
         . "passes, such as \"allow all\", opens this gate$in in AT");
}
# Two issuers and two locations, each with an age of its own or without.
sub ages {
    my ($national, $province, @lines) = @_;
    return $pepper . $store
         . $f->issuer_conf('national', defined $national ? (max_age => $national) : ())
         . $f->issuer_conf('province', defined $province ? (max_age => $province) : ())
         . join "\n", 'server {', 'listen unix:{{SOCK}};', @lines, "}\n";
}
my $ages = qr/too_old|lifetime/;
my ($opens, $end) = ('location /t { healthcode on; !!', '}');
says('an age of an issuer alone', $ages, ages('1h', undef, $opens, $end),
     too_old('/t', 'national', '1h'));
says('which is the longest', $ages, ages('2h', '36h', $opens, $end),
     too_old('/t', 'province', '36h'));
says('or the first of equal ones', $ages, ages('2d', '48h', $opens, $end),
     too_old('/t', 'national', '2d'));
says('of one that the location does not accept', $ages,
     ages('1h', undef, $opens, 'healthcode_issuers province;', $end));
says('of one that another location accepts', $ages,
     ages('1h', undef, 'location /u { healthcode on; healthcode_issuers province; }',
          $opens, 'healthcode_issuers province national;', $end),
     too_old('/t', 'national', '1h'));
says('with an age of the location, which may be shorter', $ages,
     ages('1h', undef, $opens, "healthcode_max_age $_;", $end))
    for '1h', '2h', '30m', '15m', '5m';
says('with an age of the server', $ages,
     ages('1h', undef, 'healthcode_max_age 15m;', $opens, $end,
          'location /u { healthcode on; location /u/v { healthcode_leeway 1s; } }'));
says('with an age of all servers', $ages,
     "healthcode_max_age 15m;\n" . ages('1h', undef, $opens, $end));
says('with an age of another location', $ages, ages('1h', undef,
     'location /u { healthcode on; healthcode_max_age 1h; }', $opens, $end),
     too_old('/t', 'national', '1h'));
says('where no gate is', $ages, ages('1h', undef, 'location /t { }'));
says('an age of a server, which both have', $ages, "healthcode on;\n"
     . ages('1h', undef, '!!', 'location /t { }', 'location /u { }')
       =~ s/^server \{/server { !!/mr =~ s/^ *!!\n//mr,
     too_old('(server)', 'national', '1h'));
says('an age of a location alone', $ages,
     ages(undef, undef, $opens, 'healthcode_max_age 90m;', $end),
     none_longer('/t', '90m', '', '15m', 'national'));
says('with issuers of shorter codes', $ages,
     ages('5m', '100s', $opens, 'healthcode_max_age 1d;', $end),
     none_longer('/t', '1d', '', '5m', 'national'));
says('with one issuer of longer codes', $ages,
     ages(undef, '16m', $opens, 'healthcode_max_age 1d;', $end));
says('which the location does not accept', $ages,
     ages('1h', '901s', 'location /t { healthcode on; healthcode_max_age 1d;',
          'healthcode_issuers national;',
          $end, 'location /u { healthcode on; healthcode_issuers province; !!', $end),
     too_old('/u', 'province', '901s'));
says('an age of 15 minutes', $ages,
     ages(undef, undef, $opens, 'healthcode_max_age 15m;', $end));

says('an audit', 'audit', server("location /t { !!\nhealthcode audit; }\n"
     . "location /u { healthcode on; }"),
     'notice: location "/t" lets every request go on and only logs what it '
     . 'would do (healthcode audit) in AT');
says('an audit of a server and all in it', 'audit',
     "$pepper$site${store}server { !!\nlisten unix:{{SOCK}}; healthcode audit; "
     . 'location /t { } location /u { location /u/v { } } }',
     'notice: location "(server)" lets every request go on and only logs what '
     . 'it would do (healthcode audit) in AT');
says('no key for an algorithm', 'has no key for', "$pepper$store"
     . $f->issuer_conf('site', algorithms => 'HS256 ES256') =~ s/\{/{ !!/r . $gate,
     'warn: issuer "site" has no key for ES256; add one to its "keys", or take '
     . 'ES256 out of its "algorithms" in AT');

my $idle = sub { my ($where, $line) = @_;
    return "warn: location \"$where\" has a \"$line\", but its gate is off, so "
         . 'that everybody passes; write "healthcode on;" there, or take the '
         . 'line out in AT' };
for my $line ('healthcode_source query code', 'healthcode_issuers site',
              'healthcode_audience a', 'healthcode_require a = b',
              'healthcode_max_age 5m', 'healthcode_leeway 1s',
              'healthcode_risk flags', 'healthcode_deny confirmed',
              'healthcode_region_deny high', 'healthcode_on_outage deny',
              'healthcode_bound off', 'healthcode_temperature off',
              'healthcode_dpop_origin https://hall.example',
              'healthcode_form_types text/html',
              'healthcode_disclose class',
              'healthcode_temperature query t max=37.3',
              'healthcode_data_max_age off',
              'healthcode_code_cache off')
{
    my ($name) = $line =~ /^(\w+)/;
    says("$line where no gate is", 'gate is off',
         server("location /t { !!\n$line; }\nlocation /u { healthcode on; }"),
         $idle->('/t', $name));
    says("$line where the gate is off", 'gate is off',
         server("healthcode on;\nlocation /t { !!\nhealthcode off; $line; }"),
         $idle->('/t', $name));
    says("$line where a gate is", 'gate is off',
         server("location /t { $line; healthcode on; }\n"
                . "location /u { $line; location /u/v { healthcode audit; } }"));
    says("$line of a server that has a gate", 'gate is off',
         server("$line; location /t { healthcode on; }\nlocation /u { }"));
}
says('lines in two servers', 'gate is off', server("location /t {\n"
     . 'healthcode on; }', "server { !!\nlisten unix:{{SOCK}}; server_name b; "
     . "healthcode_max_age 5m; location /t { location /t/u { } } }\n"),
     $idle->('(server)', 'healthcode_max_age') =~ s/ in AT/ in server "b" in AT/r);
says('a location of many lines', 'gate is off',
     server("location ~ x\$ { !!\nhealthcode_leeway 1s; healthcode_max_age 5m; }"),
     $idle->('x$', 'healthcode_max_age'));

my $drops = sub { my ($name) = @_;
    return "warn: location \"/t\" looks for the code in the header \"$name\", but "
         . 'nginx drops headers with "_" in their name; write "-" instead, or '
         . '"underscores_in_headers on;" in the http block in AT' };
says('a header with an underscore', 'drops headers', server("location /t { !!\n"
     . "healthcode on; healthcode_source header X_Code;\n"
     . 'healthcode_source header X-Code; healthcode_source query a_b; '
     . 'healthcode_source cookie a_b; }'), $drops->('x_code'));
says("a header with an underscore, $_", 'drops headers', server("$_;\n"
     . 'location /t { healthcode on; healthcode_source header X_Code; }'))
    for 'underscores_in_headers on', 'ignore_invalid_headers off';
says('one that nobody looks for', 'drops headers', server('location /t { '
     . 'healthcode off; healthcode_source header X_Code; }'));

says('a code that stays', 'takes the code from', server("location /t { !!\n"
     . "healthcode on; healthcode_source variable \$arg_code;\n"
     . 'healthcode_source query code; }'),
     'notice: location "/t" takes the code from the variable "$arg_code"; what that is '
     . 'made of goes on with the code in it (healthcode_source) in AT');
says('one that nobody looks for', 'takes the code from', server('location /t { '
     . 'healthcode off; healthcode_source variable $arg_code; }'));

my $literal = sub { my ($name, $text) = @_;
    return "warn: \"$name\" takes no variables: the \"\$\" of \"$text\" is taken "
         . 'literally; write what it is to be in AT' };
for my $case ([ 'healthcode_deny', 'confirmed $flag', '$flag' ],
              [ 'healthcode_source', 'header X-$name', 'X-$name' ],
              [ 'healthcode_source', 'query ${name}', '${name}' ],
              [ 'healthcode_require', 'a$claim = 3', 'a$claim' ])
{
    my ($name, $rest, $text) = @$case;
    says("$name $rest", 'taken literally', server("location /t { healthcode on;\n"
         . "$name $rest; !!\n}"), $literal->($name, $text));
}
says('lines of an issuer', 'taken literally', "$pepper$store"
     . "healthcode_issuer site {\niss \$host; !!\nkeys "
     . $f->path('site.jwks') . ";\nalgorithms HS256; typ a \$typ; !!\n"
     . "subject_space sp\$1; !!\n}\n$gate", $literal->('iss', '$host'),
     $literal->('typ', '$typ'), $literal->('subject_space', 'sp$1'));
says('a dollar that looks like no variable', 'taken literally',
     server('location /t { healthcode on; healthcode_deny a$ $ $. $-b; '
            . 'healthcode_source header X-Code "^(a+)$"; '
            . 'healthcode_require a ~ "^b$"; healthcode_audience $host; }'));

# The nearest name that there is.
for my $case ([ 'healthcode_issuers siet;', 'siet', 'site', 'healthcode_issuer siet' ],
              [ 'healthcode_issuers Site;', 'Site', 'site', 'healthcode_issuer Site' ],
              [ 'healthcode_risk flag;', 'flag', 'flags', 'healthcode_store flag' ],
              [ 'healthcode_code_cache gaet;', 'gaet', 'gate', 'healthcode_zone gaet' ])
{
    my ($line, $word, $near, $instead) = @$case;
    fails($line, "healthcode_zone gate 1m;\n" . location($line),
          qr/unknown \w+ "$word"; write "$near", or "$instead /);
}
fails("$_ that is near to none", "healthcode_zone gate 1m;\n" . location($_),
      qr/unknown \w+ "\w+"; write "healthcode_/)
    for 'healthcode_issuers city;', 'healthcode_risk else;',
        'healthcode_code_cache mars;';
fails('a zone of a store', "healthcode_zone gate 1m;\n"
      . plus($store, 'cache gates; !!'), qr/unknown zone "gates"; write "gate", or/);

# Places of what has no line of its own.
for my $case ([ 'a store without a pepper', $site . $store =~ s/\{/{ !!/r . $gate,
                qr/needs the pepper/ ],
              [ 'a resolver that is not there', $pepper . $site . $f->store_conf(
                'flags', server => 'localhost:6379 resolve') =~ s/\{/{ !!/r . $gate,
                qr/no resolver/ ],
              [ 'several stores and no line', "$pepper$site$store$second"
                . 'server { listen unix:{{SOCK}};' . "\n"
                . 'location /t { !!' . "\nhealthcode on; } }", qr/several stores/ ],
              [ 'a gate without issuers', "$pepper${store}server { !!\n"
                . 'listen unix:{{SOCK}}; healthcode on; }', qr/no issuer is known/ ])
{
    my ($what, $http, $say) = @$case;
    fails($what, $http, $say);
}


# ---- key files that the workers may not read ----

SKIP: {
    skip 'only root starts workers of another user', 1 if $> != 0;
    my $group = getgrgid((getpwnam 'nobody')[3]);
    my $other = Healthcode::Nginx->new(module => $f->module, http => $nothing,
                                       user => "nobody $group");
    my @others = (-2, -2);
    my ($nobody, $gid) = (getpwnam 'nobody')[2, 3];
    my $closed = $f->path('closed');
    mkdir $closed;
    my $says = sub {
        my ($what, $name, $modes, $wanted, $after) = @_;
        my $lines = $name eq 'closed' ? "keys_dir $closed;" : "keys $closed/k.jwks;";
        $f->write('closed/k.jwks', $f->read('site.jwks'), 0600);
        my ($dir, $file, $uid, $gid) = @$modes;
        chmod $dir, $closed;
        chmod $file, "$closed/k.jwks";
        chown $uid // 0, $gid // 0, "$closed/k.jwks";
        $other->configure("$pepper$store" . "healthcode_issuer site {\n"
            . "iss site; algorithms HS256; $lines\n}\n$gate");
        $after->($other->root . '/nginx.conf') if $after;
        my ($status, $out) = $other->check;
        is($status, 0, "$what: it starts") or diag $out;
        my ($got) = $out =~ /\[warn\] (?:.*?: )?healthcode: ("\S+), of the keys of issuer "site", cannot be read by user "nobody" of the workers, .* in \S+nginx\.conf:\d+$/m;
        is($got, $wanted && "\"$wanted\"", "$what: and says so, or not");
    };
    my $file = "$closed/k.jwks";
    $says->('a file of root alone', '', [ 0755, 0600 ], $file);
    $says->('a file that all may read', '', [ 0755, 0644 ], undef);
    $says->('a file of another group', '', [ 0755, 0640 ], $file);
    $says->('a file of its group', '', [ 0755, 0640, 0, $gid ], undef);
    $says->('a file of its own', '', [ 0755, 0400, $nobody ], undef);
    $says->('a file of its own that it may not read', '', [ 0755, 0044, $nobody ], $file);
    $says->('a folder that it may not enter', '', [ 0700, 0644 ], $closed);
    $says->('a folder that it may only enter', '', [ 0711, 0644 ], undef);
    $says->('keys of a folder that it may only enter', 'closed', [ 0711, 0644 ], $closed);
    $says->('keys of a folder that it may only list', 'closed', [ 0744, 0644 ], $closed);
    $says->('keys of an open folder', 'closed', [ 0755, 0644 ], undef);
    $says->('a file of a folder', 'closed', [ 0755, 0600 ], $file);

    my $last = sub {
        my ($path) = @_;
        my $conf = $f->read($path);
        $conf =~ s/^user .*\n//m or die;
        open my $out, '>', $path or die "$path: $!";
        print $out "$conf$_[1]\n";
        close $out;
    };
    $says->('"user root;" at the end', '', [ 0755, 0600 ], undef,
            sub { $last->(@_, 'user root;') });
    $says->('"user nobody;" at the end', '', [ 0755, 0600 ], $file,
            sub { $last->(@_, "user nobody $group;") });
    $says->('no user', '', [ 0755, 0600 ], $file, sub { $last->(@_, '') });
    $says->('one process', '', [ 0755, 0600 ], undef,
            sub { $last->(@_, "user nobody $group; master_process off;") });
}


# ---- error pages of a gate that lead to a gate ----

# Locations of a server, a line each; {{SELF}} is where the first one stands.
sub pages {
    my ($what, $locations, $says, %more) = @_;
    my $before = () = "$pepper$site$store" =~ /\n/g;
    my @lines = split /\n/, $locations;
    my $at = sub { "$nginx->{root}/nginx.conf:" . ($first + $before + $_[0]) };
    my $http = "$pepper$site$store" . ($more{http} // '')
        . "server { listen unix:{{SOCK}}; " . ($more{server} // '') . "\n"
        . join('', map { "$_\n" } @lines) . "}\n";
    my ($status, $out) = check($http);
    is($status, 0, "$what: it starts") or diag $out;
    my @said = grep { /error_page/ } split /\n/, $out;
    is(scalar @said, scalar @$says, "$what: it says so " . @$says . ' times')
        or diag $out;
    for my $say (@$says) {
        my ($page, $from, $line, $value, $gate, $there, $write) = @$say;
        my $wanted = "error_page $page of location \"$from\" in "
            . $at->($line) . " leads to \"$value\", which location \"$gate\" "
            . "gates, so that who is refused does not see it; write $write"
            . ($more{named} // '') . ' in ' . $at->($there);
        my ($got) = (shift @said // '') =~ /\[warn\].*? healthcode: (.*)$/;
        is($got, $wanted, "$what: all of it");
    }
}

my $on = 'healthcode on;';
my $off = '"healthcode off;" there';
pages('a page of its own', <<"END", [
location /t { $on error_page 401 403 /no.html; }
location = /no.html { $on }
END
    [ 401, '/t', 1, '/no.html', '/no.html', 2, $off ] ]);
pages('a named location', <<"END", [
location \@no { $on }
location /t { $on error_page 403 = \@no; }
END
    [ 403, '/t', 2, '@no', '@no', 1, $off ] ]);
pages('a page under a gate, which must not be opened for it', <<"END", [
location / { $on error_page 503 =200 /errors/busy.html?x=1; }
END
    [ 503, '/', 1, '/errors/busy.html', '/', 1,
      '"location = /errors/busy.html { healthcode off; }"' ] ]);
pages('a page that only the server has', <<"END", [
location /t/ { error_page 400 /no.html; }
END
    [ 400, '/t/', 1, '/no.html', '(server)', 0,
      '"location = /no.html { healthcode off; }"' ] ], server => $on);
pages('one line, inherited by many', <<"END", [
location /a { }
location /b { location /b/c { } }
location /c { healthcode off; }
location = /no.html { }
END
    [ 401, '(server)', 0, '/no.html', '/no.html', 4, $off ] ],
    server => "$on error_page 401 403 503 /no.html;");
pages('a line for all servers', <<"END", [
location = /no.html { }
END
    [ 403, '(server)', 0, '/no.html', '/no.html', 1, $off ] ],
    http => 'error_page 403 /no.html; ', server => $on);
pages('in a server with a name', <<"END", [
location /t { $on error_page 401 /no.html; }
location = /no.html { $on }
END
    [ 401, '/t', 1, '/no.html', '/no.html', 2, $off ] ],
    server => 'server_name gate.example;',
    named => ' in server "gate.example"');
pages('two pages of one location', <<"END", [
location /t { $on error_page 401 /a/x; error_page 403 \@b; }
location ^~ /a/ { $on }
location \@b { $on }
END
    [ 401, '/t', 1, '/a/x', '/a/', 2,
      '"location = /a/x { healthcode off; }"' ],
    [ 403, '/t', 1, '@b', '@b', 3, $off ] ]);
pages('a regular expression is better', <<"END", [
location /t { $on error_page 401 /no.html; }
location /no { healthcode off; }
location ~ \\.html\$ { $on }
END
    [ 401, '/t', 1, '/no.html', '\.html$', 3,
      '"location = /no.html { healthcode off; }"' ] ]);
pages('a location in a location', <<"END", [
location /t { $on error_page 401 /a/b/no; location = /t/x { } }
location /a { healthcode off; location /a/b { $on location /a/b/c { } } }
END
    [ 401, '/t', 1, '/a/b/no', '/a/b', 2,
      '"location = /a/b/no { healthcode off; }"' ] ]);
pages('"satisfy any", with what it can refuse with', <<"END", [
location /t { $on satisfy any; error_page 401 /no; error_page 503 /a; }
location = /no { $on }
location = /a { $on }
END
    [ 401, '/t', 1, '/no', '/no', 2, $off ] ]);

pages("nothing to say of $_->[0]", $_->[1], []) for
    [ 'an open page', <<"END" ],
location / { $on error_page 401 403 /no.html; }
location = /no.html { healthcode off; }
location ~ \\.html\$ { $on }
END
    [ 'an open prefix before a regular expression', <<"END" ],
location / { $on error_page 401 403 /no.html; }
location ^~ /no { healthcode off; }
location ~ \\.html\$ { $on }
END
    [ 'an open regular expression', <<"END" ],
location / { $on error_page 401 403 /no.html; }
location ~ \\.html\$ { healthcode off; }
END
    [ 'an open named one', <<"END" ],
location / { $on error_page 401 403 = \@no; }
location \@no { healthcode off; }
location \@other { $on }
END
    [ 'an audited page', <<"END" ],
location / { $on error_page 401 403 /no.html; }
location = /no.html { healthcode audit; }
END
    [ 'pages of an audit', <<"END" ],
location / { healthcode audit; error_page 401 403 /no.html; }
location = /no.html { $on }
END
    [ 'pages of an open location', <<"END" ],
location / { healthcode off; error_page 401 403 /no.html; }
location = /no.html { $on }
END
    [ 'other statuses', <<"END" ],
location / { $on error_page 404 405 502 504 /no.html; }
location = /no.html { $on }
END
    [ 'another host, and what only a request can tell', <<"END" ],
location / { $on error_page 401 http://other.example/no.html;
    error_page 403 /\$host.html; }
END
    [ 'a redirect that adds a slash', <<"END" ],
location / { $on error_page 401 /no; }
location /no/ { $on proxy_pass http://127.0.0.1:1; }
END
    [ 'a named location that is not there', <<"END" ];
location / { $on error_page 401 \@nowhere; }
END


# ---- what the auditor finds, whether a gate is on or not ----

$f->write('secret', 'a secret of 32 bytes, or longer.', 0600);
sub pepper_file { "healthcode_pepper_file $f->{dir}/secret;\n" }

sub password_file {
    $f->store_conf('flags', server => '127.0.0.1:6379',
                   password_file => $f->path('secret'));
}

my $secret = quotemeta $f->path('secret');
my $readable = qr/\[warn\].*"$secret" holds a secret.* "chmod 600 $secret" in /;
for my $mode (0644, 0604, 0666, 0777, 0004) {
    chmod $mode, $f->path('secret');
    my $octal = sprintf '%04o', $mode;
    starts("a pepper of mode $octal", pepper_file() . "$site$store$gate",
           like => $readable);
    starts("a pepper of mode $octal that nobody needs", pepper_file() . $nothing,
           like => $readable);
    starts("a password of mode $octal", $pepper . $site . password_file() . $gate,
           like => $readable);
}
for my $mode (0600, 0400, 0640, 0660, 0770) {
    chmod $mode, $f->path('secret');
    my $octal = sprintf '%04o', $mode;
    starts("a pepper of mode $octal", pepper_file() . "$site$store$gate",
           unlike => qr/\[warn\]/);
    starts("a password of mode $octal", $pepper . $site . password_file() . $gate,
           unlike => qr/\[warn\]/);
}
for my $case ([ 'site', 'HS256', 1 ], [ 'province', 'ES256', 0 ]) {
    my ($name, $algorithms, $warns) = @$case;
    for my $mode (0644, 0604, 0640, 0600) {
        my $path = $f->write("moded-$name.jwks", $f->read("$name.jwks"), $mode);
        my $says = qr/"\Q$path\E" holds a secret.*chmod 600 \Q$path\E/;
        starts(sprintf('keys for %s of mode %04o', $algorithms, $mode),
               $pepper . $store . $f->issuer_conf($name, keys => $path) . $gate,
               $warns && $mode & 04 ? (like => $says) : (unlike => $says));
    }
}
chmod 0644, $f->path('secret');
like((check("healthcode_pepper_file secret;\n$nothing"))[1],
     qr/"\Q$nginx->{root}\E\/secret" failed/, 'a name is relative to nginx.conf');
symlink $f->path('secret'), "$nginx->{root}/secret";
starts('a relative name', "healthcode_pepper_file secret;\n$nothing",
       like => qr/"secret" holds .*"chmod 600 \Q$nginx->{root}\E\/secret"/);

# Issuers with these keys, one after the other; a key is [kid, of a number].
sub with_keys {
    my (@issuers) = @_;
    my ($n, $text) = (0, '');
    for my $keys (@issuers) {
        $n++;
        my $path = $f->write("k$n.jwks", json({ keys => [ map {
            { kty => 'oct', alg => 'HS256', kid => $_->[0],
              k => b64(sprintf '%032d', $_->[1]) } } @$keys ] }), 0600);
        $text .= "healthcode_issuer i$n { iss i$n; keys $path; "
               . "algorithms HS256; }\n";
    }
    return $text;
}

# Processor seconds of all that was run and has ended.
sub cpu {
    my (undef, undef, $user, $system) = times;
    return $user + $system;
}

# The pairs that are named, as "i1 i2".
sub pairs {
    my ($http) = @_;
    my ($status, $out) = check($http);
    is($status, 0, 'it starts') or diag $out;
    my @pairs;
    for (split /\n/, $out) {
        next if !/have one key/;
        like($_, qr/\[warn\].* have one key, thumbprint [\w-]{43}: .*; give /,
             'in words');
        push @pairs, join ' ', /"(i\d+)"/g;
    }
    return \@pairs;
}

my @one = ([ 'a', 1 ]);
for my $case (
    [ 'keys of their own', [ \@one, [ [ 'a', 2 ] ], [ [ 'a', 3 ] ] ], [] ],
    [ 'one key under one kid', [ \@one, \@one ], [ 'i1 i2' ] ],
    [ 'one key under two kids', [ \@one, [ [ 'b', 1 ] ] ], [ 'i1 i2' ] ],
    [ 'one key twice in one issuer', [ [ [ 'a', 1 ], [ 'b', 1 ] ], [ [ 'c', 2 ] ] ],
      [] ],
    [ 'one key twice in each', [ ([ [ 'a', 1 ], [ 'b', 1 ] ]) x 2 ], [ 'i1 i2' ] ],
    [ 'two keys of the same two', [ ([ [ 'a', 1 ], [ 'b', 2 ] ]) x 2 ],
      [ 'i1 i2' ] ],
    [ 'one key of three', [ \@one, \@one, \@one ], [ 'i1 i2', 'i1 i3' ] ],
    [ 'a ring of shared keys',
      [ [ [ 'a', 1 ], [ 'b', 2 ] ], [ [ 'b', 2 ], [ 'c', 3 ] ],
        [ [ 'c', 3 ], [ 'a', 1 ] ] ], [ 'i1 i2', 'i1 i3', 'i2 i3' ] ],
    [ 'one key among many', [ (map { my $i = $_; [ map { [ "k$_", $i * 100 + $_ ] }
        1 .. 50 ] } 1 .. 32), [ [ 'x', 350 ] ] ], [ 'i3 i33' ] ])
{
    my ($what, $issuers, $expected) = @$case;
    is_deeply(pairs(with_keys(@$issuers) . $gate), $expected, $what);
    is_deeply(pairs(with_keys(@$issuers) . $nothing), $expected,
              "$what, where no gate is on");
}

{
    my $began = cpu();
    my $all = pairs(with_keys(map { my $i = $_; [ map { [ "k$_", $i * 1000 + $_ ] }
        1 .. 1000 ] } 1 .. 33) . $nothing);
    is_deeply($all, [], '33 issuers with 1000 keys each');
    cmp_ok(cpu() - $began, '<', 10, 'are looked at in bounded time');
}

my $es = $f->jwk('nat-es');
$f->write('es.jwks', json({ keys => [ $es ] }));
starts("no key for $_->[0], gate on or off",
    "$pepper$store" . $f->issuer_conf('site', keys => $f->path('es.jwks'),
                                      algorithms => $_->[0]) . $_->[1],
    like => qr/\[warn\].*issuer "site" has no key for $_->[2];.*out of its "algorithms"/,
    unlike => qr/no key for ES256/)
    for map { my $where = $_; map { [ @$_[0], $where, @$_[1] ] }
        [ 'ES256 EdDSA', 'EdDSA' ], [ 'EdDSA ES256', 'EdDSA' ],
        [ 'HS256 ES256', 'HS256' ] } $gate, $nothing;
starts('a key for each algorithm', $pepper . $store
       . $f->issuer_conf('national') . $gate, unlike => qr/no key for/);


# ---- the life of an issuer ----

sub at { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])) }

my $day = 86400;
starts('a sunset 30 days and an hour away', plus($site,
       'sunset ' . at(30 * $day + 3600) . ';'), unlike => qr/\[warn\]/);
starts('a sunset in less than 30 days', plus($site,
       'sunset ' . at(30 * $day - 60) . ';'),
       like => qr/\[warn\].*issuer "site".* only; days left: 29 \(sunset\)/);
starts('a sunset today', plus($site, 'sunset ' . at(3600) . ';'),
       like => qr/\[warn\].*issuer "site".* days left: 0 /);
starts('a sunset today where no gate is on', $pepper
       . $site =~ s/\}\n$/"sunset " . at(3600) . ";\n}\n"/er . $nothing,
       like => qr/\[warn\].*issuer "site".* days left: 0 /);
starts('a sunset that is past', plus($site, 'sunset ' . at(-1) . ';'),
       like => qr/\[warn\].*issuer "site" is past its sunset/);
starts('an issuer that has not begun', plus($site,
       'not_before ' . at($day) . ';'), unlike => qr/\[warn\]/);
starts('an issuer of one second', plus($site,
       'not_before 2099-12-31T23:59:59Z; sunset 2100-01-01;'),
       unlike => qr/\[warn\]/);

for my $name (qw(not_before sunset)) {
    fails("$name \"$_\"", plus($site, "$name \"$_\"; !!"), qr/invalid date "\Q$_\E"/,
          qr/write "$name 2027-01-01;"/, qr/2027-01-01T08:00:00\+08:00/)
        for '', 'tomorrow', '+14d', '1798761600', '2027-02-29', '2027-1-1',
            '2027-01-01T08:00:00', '2027-01-01T24:00:00Z', '1970-01-01',
            '1969-12-31', '10000-01-01', '2027-01-01T00:00:60Z';
    fails("$name twice", plus($site, "$name 2027-01-01; $name 2027-01-01; !!"),
          qr/"$name".*duplicate/);
    fails("$name of two values", plus($site, "$name 2027-01-01 08:00:00Z; !!"),
          qr/invalid number of arguments in "$name" of "healthcode_issuer"; write one value/);
}
fails("an issuer that ends $_->[0]", plus($site, "not_before 2027-01-01;\n"
      . "sunset $_->[1];"), qr/"healthcode_issuer site" ends before/, $instead)
    for [ 'when it begins', '2027-01-01' ],
        [ 'when it begins, in another zone', '2027-01-01T08:00:00+08:00' ],
        [ 'a second before it begins', '2026-12-31T23:59:59Z' ];


# ---- what is refused ----

for my $line ('healthcode_leeway 6m;', 'healthcode_leeway 10y;',
              'healthcode_max_age 0;', 'healthcode_max_age 367d;',
              'healthcode_max_age 9223372036854775807;',
              'healthcode_source header "X Y";', 'healthcode_source header "";',
              'healthcode_source cookie "a;b";',
              'healthcode_source query "a&b";')
{
    my ($name) = $line =~ /^(\w+)/;
    fails($line, "$pepper$site$store"
          . $gate =~ s/on;/on;\n$line !!\n/r, qr/"$name" directive \w+ /);
}


# ---- issuers ----

fails('an issuer of another line', $pepper
      . $site =~ s/healthcode_issuer \w+/healthcode_issuer "a\nb"/r . $gate,
      qr/without blanks/);
fails('a database that no Redis has', plus($store, 'database 4294967296;'),
      qr/"database"/, $instead);
fails('an age of codes of no use', plus($site, 'max_age 0;'), qr/"max_age"/,
      $instead);

fails("an issuer without $_", issuer_without($_), qr/"$_"/, $instead)
    for qw(iss keys algorithms);
fails('an issuer of a name that is there', "$pepper$site$site$gate",
      qr/"site"/, $instead);
fails('two issuers with one iss', $pepper . $site
      . $f->issuer_conf('province', iss => 'https://site.example') . $gate,
      qr/"iss"/, $instead);
fails('an unknown line', plus($site, 'audience x; !!'), qr/"audience"/, $instead);
fails('a line twice', plus($site, "iss $_; !!"), qr/duplicate/)
    for 'https://other.example';
fails('a line without a value', plus($site, 'typ; !!'), qr/"typ"/, $instead);
fails('a line of two values', plus($site =~ s/^ +subject_space.*\n//mr,
      'subject_space a b; !!'), qr/"subject_space"/, $instead);
fails('an age that is no time', plus($site, 'max_age soon; !!'),
      qr/"max_age"/);
fails('an unknown algorithm', issuer(algorithms => 'HS256 ES257'),
      qr/"ES257"/, qr/ES256/);
fails("the algorithm $_", issuer(algorithms => $_), qr/"$_"/, qr/HS256/)
    for qw(none None HS25 hs256 RS1);
fails('an issuer without a name', "${pepper}healthcode_issuer { } !!\n$gate",
      qr/healthcode_issuer/);
fails('an issuer in a server', "$pepper${store}server {\n"
      . "healthcode_issuer x { iss x; } }", qr/healthcode_issuer/,
      qr/not allowed/);
fails('an empty iss', issuer(iss => '""'), qr/iss/);
fails("the status $_", plus($site, "status $_;"), qr/"status" without values/,
      $instead) for 'state', 'OFF', 'normal';
fails("$_->[0] twice", plus($site, "$_->[0] $_->[1];\n    $_->[0] $_->[1]; !!"),
      qr/duplicate/) for [ subject => 'oid' ], [ status => 'off' ],
                         [ regions => 'places' ];
fails("an empty $_", plus($site, "$_ \"\"; !!"), qr/empty word/)
    for 'subject', 'status';
fails('an empty name of regions', plus($site, 'regions "";'),
      qr/empty "regions"/, $instead);
starts("the line $_", plus($site, $_)) for 'subject oid;', 'subject oid sub;',
    'status off;', 'status state ok;', 'status off normal;', 'regions places;';
fails('an empty space of subjects', plus($site =~ s/^ +subject_space.*\n//mr,
      'subject_space "";'), qr/"subject_space"/, $instead);
my $spaceless = $site =~ s/^ +subject_space.*\n//mr;
fails("the space $_", plus($spaceless, "subject_space $_; !!"),
      qr/"subject_space" in "healthcode_issuer" takes a name/, $instead)
    for 'a b', 'a by', 'a BY b', 'a by ""', 'a by b c', 'a of b';
fails('two spaces', plus($spaceless, "subject_space a;\n    subject_space b by c; !!"),
      qr/duplicate/);
fails('an empty space by a claim', plus($spaceless, 'subject_space "" by b;'),
      qr/empty "subject_space"/, $instead);
starts('a space by a claim', plus($spaceless, 'subject_space a by b;'),
       unlike => qr/\[warn\]/);
for my $row ([ 'a by b', 'a', 1 ], [ 'a', 'a by b', 1 ], [ 'a by b', 'a by c', 0 ],
             [ 'a', 'a', 0 ], [ 'a by b', 'b', 0 ], [ 'a by b', 'a:x', 0 ])
{
    my ($one, $two, $warns) = @$row;
    my $spaces = $pepper . $f->issuer_conf('site', subject_space => $one)
        . $f->issuer_conf('national', subject_space => $two) . $gate;
    my ($by, $none) = $one =~ /by/ ? qw(site national) : qw(national site);
    starts("the spaces $one and $two", $spaces,
           ($warns ? 'like' : 'unlike') => qr/\[warn\] .*issuers "$none" and "$by" have /);
}
starts('a name of the signer of SM2, where none signs', plus($site,
       'sm2_id ALICE;'), like => qr/\[warn\].*issuer "site" has an "sm2_id"/);
starts('an empty name of the signer of SM2', issuer(algorithms =>
       'HS256 SGD_SM3_SM2; sm2_id ""'), unlike => qr/"sm2_id"/);
starts("$_ without a location of keys", plus($site, "$_ 1h;"),
       like => qr/\[warn\].*issuer "site" has a "$_", but no "keys_location"/)
    for qw(keys_refresh keys_min_interval);
fails("the alias $_", plus($site, "alg_alias $_; !!"), qr/alg_alias|invalid alias/,
      $instead)
    for 'X', 'X HS256 HS256', 'X XS256', 'none HS256', '"" HS256',
        'ES256 HS256', 'X HS256; alg_alias X HS256';
fails("the location of keys $_", plus($site, "keys_location $_; !!"),
      qr/invalid location "|duplicate/, $instead)
    for '""', 'k', '@k', 'https://a.example/k', '?a', '/a; keys_location /a';
fails("a gate of mode $_ at the location of keys", "$pepper$store"
      . "healthcode_issuer far { iss far; algorithms ES256; "
      . "keys_location /keys; }\nserver { listen unix:{{SOCK}}; "
      . "location = /keys { internal; healthcode $_; } }",
      qr/leave "healthcode" out there/)
    for qw(on audit);
fails('a location of keys that nobody has', "$pepper$store"
      . "healthcode_issuer far {\n iss far; algorithms ES256;\n"
      . "keys_location /keys; !!\n}\n$gate", qr{keys_location /keys}, $instead);

# another issuer whose keys are whole: without one nginx does not start
my $whole = 'healthcode_issuer whole { iss whole; algorithms ES256; '
          . "keys $f->{dir}/prov-es.jwks; }\n";
my %keys = (
    'that is not there'        => [ undef, qr/No such file/ ],
    'that is empty'            => [ '', qr/cannot be used|empty/ ],
    'that is no JSON'          => [ 'not json', qr/JWK|PEM/ ],
    'that is broken JSON'      => [ '{"keys":[', qr/JSON/ ],
    'without keys'             => [ '{"keys":[]}', qr/no key/ ],
    'with keys that are no list' => [ '{"keys":{}}', qr/array/ ],
    'with a private key' => [ $f->read('nat-es.key'), qr/private/ ],
    'with a short secret' => [ json({ keys => [ { kty => 'oct', alg => 'HS256',
        kid => 'short', k => b64('x' x 31) } ] }), qr/short/ ],
    'with a secret that is no base64url' => [ json({ keys => [ { kty => 'oct',
        alg => 'HS256', kid => 'bad', k => '===' x 20 } ] }), qr/bad/ ],
    'with a point off the curve' => [ json({ keys => [ { kty => 'EC',
        crv => 'P-256', kid => 'off', x => b64("\1" x 32), y => b64("\1" x 32) }
        ] }), qr/off/ ],
    'with a name twice' => [ '{"keys":[{"kty":"oct","kid":"a","kid":"b"}]}',
        qr/JSON/ ],
    'of other algorithms alone' => [ json({ keys => [ { kty => 'OKP',
        crv => 'Ed25519', x => b64("\1" x 32) } ] }), qr/no key/ ],
    'with a private PEM key' => [ "-----BEGIN PRIVATE KEY-----\nMAA=\n"
        . "-----END PRIVATE KEY-----\n", qr/private key/ ],
);
for my $what (sort keys %keys) {
    my ($text, $say) = @{ $keys{$what} };
    my $path = $f->path('bad.jwks');
    defined $text ? $f->write('bad.jwks', $text) : unlink $path;
    my $http = issuer(keys => $path, algorithms => 'ES256 HS256');
    if ($what =~ /private/) {
        fails("a key file $what", $http, $say);
    } else {
        starts("a key file $what", $whole . $http,
               like => qr/\[crit\].*issuer "site" cannot be used: .*$say/,
               unlike => qr/\[emerg\]/);
    }
}
starts('keys that are a folder', $whole . issuer(keys => $f->path('site')),
       like => qr/\[crit\].*it is a directory; write "keys_dir DIR;"/);
mkdir $f->path('empty.d');
for my $case ([ 'is empty', 'empty.d', qr/no key file in this directory; give/ ],
              [ 'is a file', 'nat-es.jwks', qr/it is not a directory; write "keys / ],
              [ 'is not there', 'nothing.d', qr/No such file/ ])
{
    my ($what, $name, $say) = @$case;
    $f->write($name, 'x') if $name =~ /jwks/;
    starts("a folder of keys that $what", $whole . issuer_without('keys')
           =~ s/(healthcode_issuer \w+ \{)/$1 keys_dir ${\ $f->path($name)};/r,
           like => qr{\[crit\].*"\S*/\Q$name\E" of issuer "site".*$say});
}

mkdir $f->path('lines.d');
$f->write("lines.d/a\n[alert] b.jwks", $f->read('site.jwks'), 0644);
starts('a secret in a file whose name has a new line', issuer_without('keys')
       =~ s/(healthcode_issuer \w+ \{)/$1 keys_dir ${\ $f->path('lines.d')};/r,
       like => qr{\[warn\].*a\\x0a\[alert\] b\.jwks" holds a secret},
       unlike => qr/^\[alert\]/m);


# ---- pepper ----

fails('a store without a pepper', "$site$store$gate",
      qr/healthcode_pepper_file/, $instead);
fails('a pepper file that is not there',
      "healthcode_pepper_file $f->{dir}/nothing; !!\n$site$store$gate",
      qr/nothing/);
$f->write('short', "fifteen bytes..\n");
fails('a pepper of 15 bytes',
      "healthcode_pepper_file $f->{dir}/short; !!\n$site$store$gate",
      qr/16|fewer/, $instead);
$f->write('exact', "sixteen bytes...\n");
starts('a pepper of 16 bytes',
       "healthcode_pepper_file $f->{dir}/exact;\n$site$store$gate");
fails('two peppers', "$pepper${\ $pepper =~ s/;/; !!/r}$site$store$gate",
      qr/duplicate/);


# ---- stores ----

fails('a store without a server', $pepper . $site
      . $f->store_conf('flags', user => 'x') . $gate, qr/"server"/, $instead);
fails('a user without a password', $pepper . $site
      . $f->store_conf('flags', server => '127.0.0.1:1', password_file => undef)
      . $gate, qr/password_file/, $instead);
fails('a password file that is not there', $pepper . $site
      . $f->store_conf('flags', server => '127.0.0.1:1',
                       password_file => '/nonexistent/password') . $gate,
      qr/nonexistent/);
$f->write('empty', "\n");
fails('an empty password file', $pepper . $site
      . $f->store_conf('flags', server => '127.0.0.1:1',
                       password_file => $f->path('empty')) . $gate,
      qr/password_file/, $instead);
fails('an unknown line of a store', plus($store, 'tls on; !!'),
      qr/"tls"/, $instead);
fails('a second server', plus($store, 'server 127.0.0.1:2;'),
      qr/has several lines "server"/, $instead);
for my $case ([ database => 'x' ], [ database => -1 ], [ timeout => 'soon' ],
              [ connect_timeout => '' ], [ max_pending => 'many' ],
              [ evicting_ok => 'maybe' ], [ timeout => 0 ],
              [ connect_timeout => 0 ], [ max_pending => 0 ])
{
    my ($name, $value) = @$case;
    fails("$name \"$value\"", $pepper . $site . $f->store_conf('flags',
          server => '127.0.0.1:1', $name => $value eq '' ? '""' : $value)
          . $gate, qr/$name/);
}
fails("the server \"$_\"", $pepper . $site
      . $f->store_conf('flags', server => $_) . $gate, qr/server/, $instead)
    for 'unix:', '127.0.0.1:99999', '127.0.0.1:x', ':6379',
        '127.0.0.1:1 resolv';
fails('a host that has no address', $pepper . $site
      . $f->store_conf('flags', server => 'no-such-host.invalid:6379') . $gate,
      qr/no-such-host/);
fails('a name that is to be resolved, without a resolver', $pepper . $site
      . $f->store_conf('flags', server => 'localhost:6379 resolve') . $gate,
      qr/resolver/, $instead);
fails('a store of a name that is there', "$pepper$site$store$store$gate",
      qr/"flags"/, $instead);
fails('a store called off', $pepper . $site
      . $f->store_conf('off', server => '127.0.0.1:1') . $gate,
      qr/"?off"?/, $instead);


# ---- locations ----

sub location {
    my ($line, @more) = @_;
    return "$pepper$site$store@more"
         . "server { listen unix:{{SOCK}}; location /t {\nhealthcode on;\n"
         . "$line !!\n} }";
}

fails('"healthcode yes"', "$pepper$site${store}server {\nhealthcode yes; !!\n}",
      qr/"yes"/, qr/healthcode/);
fails('healthcode twice', location('healthcode on;'), qr/duplicate/);
fails('a gate without issuers', "$pepper$store$gate",
      qr/healthcode_issuer/, $instead);
fails('an audited gate without issuers',
      "$pepper$store" . $gate =~ s/on;/audit;/r, qr/healthcode_issuer/, $instead);
fails('an issuer that is not known', location('healthcode_issuers site city;'),
      qr/"city"/, $instead);
fails('no issuers', location('healthcode_issuers;'), qr/healthcode_issuers/);
fails('a store that is not known', location('healthcode_risk elsewhere;'),
      qr/"elsewhere"/, $instead);
fails('several stores and no line',
      "$pepper$site$store$second$gate", qr/healthcode_risk/, $instead);
fails('a source of another kind', location('healthcode_source part code;'),
      qr/"part"/, $instead);
fails('a source without a name', location('healthcode_source header;'),
      qr/healthcode_source/);
fails('a source with an empty name', location('healthcode_source query "";'),
      qr/healthcode_source/, qr/name/);
fails("a source in the variable \"$_\"",
      location("healthcode_source variable \"$_\";"),
      qr/needs a variable, such as "variable \$arg_code"/)
    for '', '$', 'http_x_code';
fails('a field without a name', location('healthcode_source form "";'),
      qr/needs the name of the header, argument, cookie or field/);
fails("a member \"$_\"", location("healthcode_source json \"$_\";"),
      qr/needs a JSON pointer \(RFC 6901\), such as "json \/code"/)
    for 'code', '/a~', '/a~2';
fails('a member without a name', location('healthcode_source json "";'),
      qr/needs the name of/);
fails('a path with a name', location('healthcode_source path code "(.+)";'),
      qr/has a path with a name; write "path PATTERN"/);
fails('a body with a name', location('healthcode_source body code "(.+)";'),
      qr/has a body with a name; write "body PATTERN"/);
fails('a body without a group', location('healthcode_source body "^cardno=";'),
      qr/group/, $instead);
fails("a body that begins with $_", location("healthcode_source body \"${_}code=(.+)\";"),
      qr/it would pass over all codes but the last one; leave the "\Q$_\E" at its beginning out/,
      $instead) for '.*', '.+';
fails("a type \"$_\" of a form", location("healthcode_form_types text/plain \"$_\";"),
      qr/invalid type "\Q$_\E" of "healthcode_form_types"/, $instead)
    for '', 'html', 'text/', '/html', 'text/html/x', 'text/html;', 'text/*,', 'text/ html';
fails('a path without a group', location('healthcode_source path "^/enter/.+$";'),
      qr/group/, $instead);
fails('a pattern without a group',
      location('healthcode_source header X "^code .*$";'), qr/group/, $instead);
fails('a pattern that is none',
      location('healthcode_source header X "^((code$";'), qr/pattern/);
fails('a header with the application\'s own',
      location('healthcode_source header CooKie "hc=([^;]+)";'),
      qr/would take all cookies out/, qr/"healthcode_source cookie NAME"/);
fails('a pattern too many', location('healthcode_source header X (.*) (.*);'),
      qr/healthcode_source/);
fails('an age that is no time', location('healthcode_max_age young;'),
      qr/healthcode_max_age/);
fails("healthcode_data_max_age $_", location("healthcode_data_max_age $_;"),
      qr/"healthcode_data_max_age" directive invalid value/, $instead)
    for '0', '""', 'on', '-1h', '2y', '367d', '1x', '100ms', 'OFF';
starts("healthcode_data_max_age $_",
       location("healthcode_data_max_age $_;") =~ s/ !!//r,
       unlike => qr/\[(emerg|warn)\]/)
    for '1s', '90', '1h 30m' =~ s/ //r, '366d', 'off';
fails('a leeway that is no time', location('healthcode_leeway -5s;'),
      qr/healthcode_leeway/);
fails("a flag \"$_\"", location("healthcode_deny confirmed $_;"),
      qr/invalid flag "$_": it revokes codes and is denied everywhere; leave it out/)
    for 'before', 'code:', 'code:' . '0' x 32;
starts('flags that begin alike', "$pepper$site$store"
       . $gate =~ s/on;/on; healthcode_deny code before-noon codes;/r);
fails('a level that is none', location('healthcode_region_deny extreme;'),
      qr/"extreme"/, $instead);
fails('no level', location('healthcode_region_deny;'), qr/healthcode_region_deny/);
fails('no flag', location('healthcode_deny;'), qr/healthcode_deny/);
fails('an empty flag', location('healthcode_deny "";'), qr/healthcode_deny/);
fails('an empty audience', location('healthcode_audience "";'),
      qr/healthcode_audience/);
fails('an outage that is something else',
      location('healthcode_on_outage maybe;'), qr/"maybe"|healthcode_on_outage/);
fails('load as an outage', location('healthcode_on_outage allow busy;'),
      qr/"busy" cannot be let pass, since anybody can bring it about; leave it/);
fails('a class of outage that is none',
      location('healthcode_on_outage allow timeout late;'),
      qr/unknown class of outage "late"; write "timeout", "refused", "auth" or/);
fails('a class of outage twice', location("healthcode_on_outage allow $_"),
      qr/duplicate class of outage "auth"/)
    for 'auth auth;', 'auth; healthcode_on_outage allow proof auth;';
fails('deny with a class', location('healthcode_on_outage deny timeout;'),
      qr/has "deny" for what no line names; leave the classes out/);
fails('deny beside allow', location("healthcode_on_outage $_"),
      qr/is duplicate; "deny" stands alone/)
    for 'deny; healthcode_on_outage allow;', 'allow auth; healthcode_on_outage deny;';
fails('allow beside a class', location('healthcode_on_outage allow auth;
                                        healthcode_on_outage allow;'),
      qr/is duplicate; "allow" names all classes/);
fails("healthcode_bound $_", location("healthcode_bound $_;"),
      qr/"healthcode_bound" directive invalid value/, $instead)
    for 'on', 'TLS', '""', 'x5t';
fails("healthcode_temperature $_", location("healthcode_temperature $_;"),
      qr/"healthcode_temperature|healthcode_temperature" directive/, $instead)
    for 'on', '37.3', 'header X-T', 'header X-T max=', 'header X-T max=29.9',
        'header X-T max=45.1', 'header X-T max=37.33', 'header X-T min=37.3',
        'header X-T MAX=37.3', 'header X-T max=high', 'query "" max=37.3',
        'header "a b" max=37.3', 'cookie t max=37.3', 'variable $x max=37.3',
        'header X-T max=37.3 max=38', 'form "" max=37.3', 'form t', 'json "" max=37.3',
        'path ^(.*) max=37.3', 'list X-T max=37.3';
fails("healthcode_temperature $_", location("healthcode_temperature $_;"),
      qr/"healthcode_temperature" directive needs a JSON pointer/)
    for 'json t max=37.3', 'json /a~2 max=37.3';
starts("healthcode_temperature $_",
       location("healthcode_temperature $_;") =~ s/ !!//r)
    for 'header X-T max=30', 'header X-T max=45.0', 'query t max=37,3', 'off',
        'form t max=37.3', 'form "a b" max=38', 'json /a~1b/0 max=37.3';
fails("healthcode_require $_", location("healthcode_require $_;"),
      qr/the verdict sets it/, $instead)
    for '$healthcode_flags = x', '${healthcode_claim_x} ~ x', '$arg_a$healthcode_holder != x';
fails("healthcode_require $_", location("healthcode_require $_;"),
      qr/"healthcode_require/, $instead)
    for '$arg_a', '$arg_a =', '$arg_a == x', '$arg_a = x y', '$arg_a < high';
starts("healthcode_require $_", location("healthcode_require $_;") =~ s/ !!//r,
       like => qr/\[notice\].*has a condition.*healthcode_require/)
    for '$arg_a = x', '${arg_a} != x', '$arg_a$arg_b in x y', '$arg_a ~ "^x"',
        '$arg_a <= 3', '$arg_a >= $arg_b', '$uri = ""';
fails("healthcode_require $_", location("healthcode_require $_;"),
      qr/"healthcode_require/, $instead)
    for 'x', 'x =', 'x in', 'x ~', 'x y', 'x == y', 'x =y', 'x=y', '= y',
        '"" = y', '"" x', 'x = y z', 'x != y z', 'x ~ y z', 'x "" y', 'x !~ y',
        'x IN y', "'x\ny' = z", "x = 'y\tz'", "x = '\x7f'", "'\xb1\xb1' = x",
        "x in a '\xb1\xb1\xbe\xa9'", "x ~ '\xed\xa0\x80'", "'\xc0\xaf' = x",
        "x = '\xe5\x8c'", 'x < 1 2', 'x >=', 'x =< 1', 'x => 1', '/a < "" 1',
        "'/a\nb' = z", "'/a~0\xb1' = z";
fails("healthcode_require $_", location("healthcode_require $_;"),
      qr/invalid JSON pointer "\Q@{[(split ' ')[0]]}\E"/, qr/write "~0"/)
    for '/~ = x', '/a~ = x', '/a~2/b = x', '/~~ in x y', '/a/b~/c < 3',
        '/a~b ~ x';
fails("healthcode_require $_", location("healthcode_require $_;"),
      qr/invalid number "\Q@{[(split ' ')[2] =~ s{"}{}gr]}\E"/, $instead)
    for 'x < high', 'x <= 03', 'x > ""', 'x >= +1', '/a/b < true', 'x < 1e999',
        'x > 0x10', 'x > 15m', 'x < 1,5';
for ('healthcode_audience', 'healthcode_require x =', 'healthcode_require x in a') {
    fails("$_ with a dollar that is no variable", location("$_ 'a\$';"),
          qr/invalid variable name/);
    my ($status, $out) = check(location("$_ \$nowhere;") =~ s/ !!//r);
    isnt($status, 0, "$_ with a variable that nobody has: it does not start");
    like($out, qr/\[emerg\].*unknown "nowhere" variable/, 'in words of nginx');
}
starts("$_ with a variable", location("$_ 'lane-\$arg_lane';") =~ s/ !!//r,
       unlike => qr/\[(emerg|warn)\]/)
    for 'healthcode_audience', 'healthcode_require x =', 'healthcode_require x !=',
        'healthcode_require x <', 'healthcode_require /x/y >=';
fails('a pattern of a claim that is none',
      location('healthcode_require x ~ "(a";'), qr/pattern "\(a"/);
fails('no claim', location('healthcode_require;'), qr/healthcode_require/);
starts("healthcode_require $_", location("healthcode_require $_;") =~ s/ !!//r,
       like => qr/\[notice\].*healthcode_require/)
    for 'x = ""', 'x ~ ""', 'x in a', 'x in a b c', 'x ~ "a|b"', 'in in in',
        "'\xe5\x8c\x97' = '\xf0\x9f\x98\x80'", 'http://a/b = "$uri ${arg_y}"',
        "x ~ a; healthcode_require x ~ b", '/realm_access/roles = gate',
        '/ = x', '// != x', '/a~0b/~1c/0 in x y', 'a~b = x', '/a/b ~ "^x"',
        'x < 3', 'x <= -1.5', '/a/0 > 1e3', 'x >= 18446744073709551615',
        'x < $arg_most', 'x >= 1$arg_digits', '/a ~ ~';

fails("a variable in $_", location("healthcode_reply deny 403 '\"\$uri\"' \"type=$_\";"),
      qr/it is a script.*take "\$uri" out/, $instead)
    for 'text/javascript', 'Application/JavaScript; charset=utf-8';
starts('a script without a variable',
       location("healthcode_reply deny 403 '\"no\"' type=text/javascript;") =~ s/ !!//r);

for my $line ('healthcode_audience a;', 'healthcode_issuers site;',
              'healthcode_deny confirmed;', 'healthcode_region_deny high;',
              'healthcode_risk flags;', 'healthcode_max_age 1m;',
              'healthcode_leeway 1s;', 'healthcode_on_outage deny;',
              'healthcode_on_outage allow;', 'healthcode_degraded_header off;',
              'healthcode_bound off;', 'healthcode_temperature off;',
              'healthcode_dpop_origin https://hall.example;',
              'healthcode_disclose reason;',
              'healthcode_form_types text/html;',
              'healthcode_temperature header X-Temp max=37.3;',
              'healthcode_data_max_age 1h;')
{
    my ($name) = $line =~ /^(\w+)/;
    fails("$name twice", location("$line\n$line"), qr/duplicate/);
}
fails('a directive in an if', "$pepper$site${store}server { location / {\n"
      . "if (\$arg_x) {\nhealthcode off; !!\n} } }", qr/not allowed/);

is($nginx->{process}, undef, 'nothing of this was ever started');

done_testing;
