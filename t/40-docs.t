# Whether the documents are true: every example in README.md and docs/ is run,
# every table that has a source is compared with it, every link is followed.
# CONTRIBUTING.md, "Tests", says what the words after a fence mean.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Temp ();
use FindBin;
use IO::Socket::INET;
use IPC::Open2 qw(open2);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Test::More;
use Time::HiRes qw(sleep);

use lib "$FindBin::Bin/lib";
use Healthcode::Authority;
use Healthcode::Docs qw(slurp document anchor commands reasons variables
                        default_in_source references like_shown tame);
use Healthcode::Ports qw(free_port);
use Healthcode::Process;
use Healthcode::Redis;
use Healthcode::Server;

my $ROOT   = abs_path("$FindBin::Bin/..");
my $BUILD  = $ENV{HEALTHCODE_BUILD} || "$ROOT/build";
my $MODULE = "$BUILD/ngx_http_healthcode_module.so";
my $SOURCE = "$ROOT/ngx_http_healthcode_module";

-e $_ or BAIL_OUT("$_ is missing: run \"make build\" first")
    for $MODULE, "$BUILD/healthcode";

$ENV{PATH} = "$BUILD:$ENV{PATH}:/usr/sbin:/sbin";
delete $ENV{REDISCLI_AUTH};

my @examples = map { document($ROOT, $_) }
    'README.md', map { s{^\Q$ROOT\E/}{}r }
    sort map { glob "$ROOT/$_" } 'docs/*.md', 'docs/*/*.md';
my @documents = (@examples, map { document($ROOT, $_) }
    grep { -f "$ROOT/$_" } qw(CONTRIBUTING.md SECURITY.md));
my %doc_of = map { $_->{name} => $_ } @documents;

my $conf = File::Temp->newdir('healthcode-docs-XXXXXXXX', TMPDIR => 1);
chmod 0755, $conf;

my $module_c = slurp("$SOURCE/nginx/ngx_http_healthcode_module.c");
my $conf_c   = join '', map { slurp($_) } glob "$SOURCE/nginx/conf/*.[ch]";
my %commands = (
    ''                => commands($module_c, 'ngx_http_healthcode_commands'),
    healthcode_issuer => commands($conf_c,
                                  'ngx_http_healthcode_issuer_commands'),
    healthcode_store  => commands($conf_c,
                                  'ngx_http_healthcode_store_commands'),
);


# ---- small tools ----

sub spew {
    my ($path, $text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
}


# Runs a command to its end; (exit status, all that it printed).
sub run {
    my (@command) = @_;
    my $process = Healthcode::Process->spawn(\@command);
    my $status = $process->wait(30) // die "@command: no end\n";
    return ($status >> 8 || $status, $process->output);
}


sub must {
    my ($status, $out) = run(@_);
    die "@_: $out\n" if $status;
    return $out;
}


# ---- nginx -t ----

# The files that the configurations in the documents name.
sub prepare {
    my ($dir) = @_;
    mkdir "$dir/$_" for qw(logs modules);
    symlink $_, "$dir/modules/" . s{.*/}{}r for $MODULE, glob "$BUILD/*.so.*";

    for my $key ([ 'ES256', 'national' ], [ 'ES256', 'province' ],
                 [ 'EdDSA', 'eddsa' ], [ 'ES256', 'issuer' ],
                     [ 'ES256', 'other' ], [ 'SGD_SM3_SM2', 'sm2' ],
                     [ 'RS256', 'login' ], [ 'ES256', 'doors' ])
    {
        must('healthcode', 'keygen', '--alg', $key->[0], '--kid', '2026-a',
             '--private', "$dir/$key->[1].private", '--public',
             "$dir/$key->[1].jwks");
    }

    mkdir "$dir/keys.d";
    symlink "$SOURCE/pages/refused", "$dir/pages";
    spew("$dir/keys.d/2026.jwks", slurp("$dir/national.jwks"));
    rename "$dir/issuer.private", "$dir/private.jwk";
    rename "$dir/issuer.jwks", "$dir/keys.json";
    must('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
         'ec_paramgen_curve:P-256', '-out', "$dir/private.pem");
    must('openssl', 'pkey', '-in', "$dir/private.pem", '-pubout', '-out',
         "$dir/hospital.pem");

    spew("$dir/short.jwks", '{"keys":[{"kty":"oct","alg":"HS256","kid":"s",'
        . '"k":"' . encode_base64url('too short') . '"}]}');
    spew("$dir/one-short.jwks", '{"keys":[{"kty":"oct","alg":"HS256","kid":"a","k":"'
        . encode_base64url('a' x 32) . qq("},\n{"kty":"oct","alg":"HS256","kid":"s","k":"AA"}]}));
    chmod 0600, "$dir/one-short.jwks";
    must('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt',
         'rsa_keygen_bits:1024', '-out', "$dir/weak.private");
    must('openssl', 'pkey', '-in', "$dir/weak.private", '-pubout', '-out',
         "$dir/weak.pem");
    spew("$dir/readable.jwks", '{"keys":[{"kty":"oct","alg":"HS256","k":"'
        . encode_base64url('x' x 32) . '"}]}');
    symlink '.', "$dir/healthcode";
    my $ca = Healthcode::Authority->new($dir, 'ca');
    $ca->issue($_, san => "DNS:$_.example") for qw(client server);
    spew("$dir/pepper", 'x' x 32);
    spew("$dir/gate.password", 'secret');
    spew("$dir/short", 'short');
    spew("$dir/empty", '');
    spew("$dir/readable", 'x' x 32);
    chmod 0600, map { "$dir/$_" } qw(pepper gate.password);
    chmod 0644, "$dir/readable";
}


my %PREAMBLE = (
    pepper  => "healthcode_pepper_file pepper;\n",
    issuers => join('', map { "healthcode_issuer $_ { iss https://$_.example; "
                    . "keys $_.jwks; algorithms ES256; }\n" }
                    qw(national province)),
    store   => "healthcode_store flags { server unix:redis.sock; }\n",
);


# Lines of one context -> a whole nginx.conf; @parts of the preamble go before.
sub whole {
    my ($context, $text, @parts) = @_;
    my $before = join '', map { $PREAMBLE{$_} } @parts;

    return $text if $context eq 'main';
    $text = "location / {\n$text\n}" if $context eq 'location';
    $text = "server {\n$text\n}" if $context ne 'http';
    return "load_module modules/ngx_http_healthcode_module.so;\n"
        . "events { }\nhttp {\n$before$text\n}\n";
}


sub nginx {
    my ($dir, @args) = @_;
    my $user = $> == 0 ? 'user root; ' : '';
    return ('nginx', '-p', "$dir/", '-c', "$dir/nginx.conf", @args, '-g',
            "${user}pid $dir/nginx.pid;");
}


sub nginx_test {
    my ($text) = @_;
    spew("$conf/nginx.conf", tame($text, $conf, 8080 => free_port(),
         9180 => free_port()));
    return run(nginx($conf, '-e', 'stderr', '-t'));
}


# Messages are compared without regard to how their lines break.
sub says {
    my ($out, $message) = @_;
    s/\s+/ /g, s/^ | $//g for $out, $message;
    my $pattern = join '.*', map { quotemeta } split /\.\.\./, $message, -1;
    return $out =~ /$pattern/;
}


sub test_nginx_fence {
    my ($fence, $next) = @_;
    my ($context, $more) = $fence->{info} =~ /^nginx (\w+)(?: (\w+))?$/;
    my $where = "$fence->{doc}:$fence->{line}";

    return fail("$where: say in which context this nginx example stands")
        if !$context || $context !~ /^(main|http|server|location
                                       |healthcode_issuer|healthcode_store)$/x;

    if (($more // '') eq 'refused') {
        my ($status, $out) = nginx_test(whole($context, $fence->{text}));
        isnt($status, 0, "$where: nginx -t refuses it");
        ok(says($out, $next && $next->{info} eq 'text' ? $next->{text}
                      : '(no text fence)'), "$where: with this message")
            or diag($out);
        return;
    }

    my @parts = $context eq 'http'
        ? ($fence->{text} =~ /healthcode_issuer\s+\w+\s*\{/ ? ()
                                                              : 'issuers')
        : qw(pepper issuers store);
    my ($status, $out) = nginx_test($context =~ /^healthcode_/
        ? around($fence->{text}, $context)
        : whole($context, $fence->{text}, @parts));
    is($status, 0, "$where: nginx -t accepts it") or diag($out);
}


sub context_of {
    my ($line, $said) = @_;
    return $said if $said;
    my ($name) = $line =~ /^(\w+)/;
    for my $block (qw(healthcode_issuer healthcode_store)) {
        return $block if $commands{$block}{$name};
    }
    my $command = $commands{''}{$name};
    return $command && @{ $command->{contexts} } == 1 ? 'http' : 'location';
}


# One line where it belongs -> a whole nginx.conf around it.
sub around {
    my ($line, $said) = @_;
    my $context = context_of($line, $said);
    my @parts = grep { $line !~ /healthcode_$_/ } qw(pepper issuers store);
    @parts = qw(pepper issuers store) if $line !~ /healthcode_pepper_file/;

    if ($context eq 'healthcode_issuer') {
        my %have = map { $_ => 1 } $line =~ /(?:^|;)\s*(\w+)/g;
        my %lines = (iss => 'other', keys => 'other.jwks',
                     algorithms => 'ES256');
        $line = "healthcode_issuer other {\n"
            . join('', map { $have{$_} ? () : "$_ $lines{$_};\n" }
                   sort keys %lines) . "$line\n}";
        $context = 'http';
    } elsif ($context eq 'healthcode_store') {
        my $server = $line =~ /(?:^|;\s*)server\s/ ? '' : 'server 127.0.0.1;';
        $line = "healthcode_store other {\n$server\n$line\n}";
        $context = 'http';
    }

    return whole($context, $line, @parts);
}


# | `what is written` | what nginx -t says |
sub test_message_row {
    my ($doc, $row) = @_;
    my ($written, $says) = @{ $row->{cells} };
    my ($line, $said) = $written =~ /^`([^`]+)`(?: in `(\w+)`)?$/;
    my $where = "$doc->{name}:$row->{line}";
    return fail("$where: the first cell is no code") if !defined $line;

    my ($status, $out) = nginx_test(around($line, $said));
    my $level = $says =~ s/^(notice|warning|crit): // ? $1 : '';
    if ($level) {
        is($status, 0, "$where: nginx -t accepts \"$line\"") or diag($out);
        my $tag = $level eq 'warning' ? '[warn]' : "[$level]";
        ok((grep { index($_, $tag) >= 0 && says($_, $says) } split /\n/, $out),
           "$where: and says so at level $level") or diag($out);
    } else {
        isnt($status, 0, "$where: nginx -t refuses \"$line\"");
        ok(says($out, $says), "$where: with this message") or diag($out);
    }
}


# ---- console ----

# A shell in a folder of its own, with a Redis of its own, for one document.
sub session {
    my ($doc) = @_;
    my $tmp = File::Temp->newdir('healthcode-docs-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $tmp;
    my %s = (tmp => $tmp, dir => "$tmp", port => free_port(),
             redis_port => free_port(), tls_port => free_port(), doc => $doc->{name});
    mkdir "$tmp/$_" for qw(logs modules html);
    spew("$tmp/html/index.nginx-debian.html", "passed\n");
    symlink $_, "$tmp/modules/" . s{.*/}{}r for $MODULE, glob "$BUILD/*.so.*";
    $s{redis} = Healthcode::Redis->start(
        dir => "$tmp", conf => [ "port $s{redis_port}" ]);
    $s{upstream} = Healthcode::Server->upstream(
        "$tmp/upstream.sock", "$tmp/upstream.txt");

    $s{pid} = open2($s{out}, $s{in}, 'sh');
    print { $s{in} } "cd '$tmp' && exec 2>&1\n";
    return \%s;
}


sub end_session {
    my ($s) = @_;
    $s->{nginx}->end('QUIT') if $s->{nginx};
    close $s->{in};
    waitpid $s->{pid}, 0;
    $s->{upstream}->stop;
}


# (exit status, output) of one command in the shell of the session.
sub shell {
    my ($s, $command) = @_;
    my $mark = "-- end of the command $$ --";
    my ($status, $out);

    my %here = ('/run/redis/redis.sock' => "$s->{dir}/redis.sock",
                '/etc/healthcode'       => "$s->{dir}/healthcode",
                '/var/log/nginx'        => "$s->{dir}/logs",
                '127.0.0.1:8080'        => "127.0.0.1:$s->{port}",
                '127.0.0.1:6379'        => "127.0.0.1:$s->{redis_port}",
                '6380'                  => $s->{tls_port});
    my $there = join '|', map { quotemeta } keys %here;
    $command =~ s/($there)\b/$here{$1}/g;

    local $SIG{ALRM} = sub { die "no end after 30 seconds\n" };
    local $SIG{PIPE} = 'IGNORE';
    alarm 30;
    eval {
        print { $s->{in} } "{ $command\n} < /dev/null; status=\$?\n"
            . "printf '\\n%s %s\\n' '$mark' \"\$status\"; (exit \$status)\n";
        $s->{in}->flush;
        $out = '';
        while (defined(my $line = readline $s->{out})) {
            if ($line =~ /^\Q$mark\E (\d+)$/) { $status = $1; last }
            $out .= $line;
        }
        1;
    } or $out .= $@;
    alarm 0;

    $out =~ s/\n\z//;
    $out =~ s/\Q$here{$_}\E\b/$_/g for keys %here;
    return ($status // -1, $out);
}


sub test_console_fence {
    my ($s, $fence) = @_;
    my @steps;

    for my $line (split /\n/, $fence->{text}) {
        if (@steps && !defined $steps[-1]{shown}
            && $steps[-1]{command} =~ /\\$/) {
            $steps[-1]{command} .= "\n$line";
        } elsif ($line =~ /^\$ (.*)/) {
            push @steps, { command => $1 };
        } elsif (@steps) {
            $steps[-1]{shown} .= "$line\n";
        } else {
            return fail("$fence->{doc}:$fence->{line}: no command before this");
        }
    }

    for my $i (0 .. $#steps) {
        my ($command, $shown) = @{ $steps[$i] }{qw(command shown)};
        my ($first) = split /\n/, $command;
        my $where = "$fence->{doc}:$fence->{line}: $first";
        my ($status, $out) = shell($s, $command);

        # A failure is shown by the `echo $?` that follows.
        my $next = $i < $#steps ? $steps[$i + 1]{command} : '';
        is($status, 0, "$where: works") or diag($out) if $next ne 'echo $?';

        next if !defined $shown;
        my $same = $fence->{info} =~ /exact/ ? $out eq $shown
                                             : like_shown($out, $shown);
        ok($same, "$where: prints what is shown")
            or diag("shown:\n$shown", "printed:\n$out");
    }
}


# <!-- docs-test: start nginx with SECTION -->
sub start_nginx {
    my ($s, $doc, $mark) = @_;
    my ($section) = $mark->{text} =~ /^start nginx with (.*)$/;
    my $where = "$doc->{name}:$mark->{line}";
    my ($fence) = grep { $_->{section} eq ($section // '')
                         && $_->{info} eq 'nginx http' } @{ $doc->{fences} };
    return fail("$where: no configuration to start") if !$fence;

    spew("$s->{dir}/nginx.conf", tame(whole('http', $fence->{text}), $s->{dir},
         8080 => $s->{port}, 6379 => $s->{redis_port}));
    my @command = nginx($s->{dir}, '-e', "$s->{dir}/logs/error.log");
    $command[-1] =~ s/^user root;/user www-data;/;    # Debian's
    $command[-1] .= ' daemon off;';
    $s->{nginx} = Healthcode::Process->spawn(\@command);

    my $up = 0;
    for (1 .. 250) {
        last if $up = IO::Socket::INET->new("127.0.0.1:$s->{port}");
        last if !$s->{nginx}->running;
        sleep 0.02;
    }
    ok($up, "$where: nginx starts with the configuration of \"$section\"")
        or diag($s->{nginx}->output, slurp("$s->{dir}/logs/error.log"));
}


# ---- examples ----

prepare($conf);

for my $doc (@examples) {
    my $s;
    my @things = sort { $a->{line} <=> $b->{line} }
        @{ $doc->{fences} }, @{ $doc->{marks} };

    for my $i (0 .. $#things) {
        my $thing = $things[$i];
        my $info = $thing->{info};
        my $where = "$doc->{name}:$thing->{line}";

        if (!defined $info) {
            start_nginx($s ||= session($doc), $doc, $thing);
        } elsif ($info =~ /^nginx\b/) {
            test_nginx_fence($thing, $things[$i + 1]);
        } elsif ($info =~ /^console( exact)?$/) {
            test_console_fence($s ||= session($doc), $thing);
        } elsif ($info eq 'console schema-1') {
            is($doc->{name}, 'docs/operations.md', "$where: t/84-migrate.t runs it");
        } elsif ($info eq 'json') {
            ok(eval { JSON::PP->new->utf8->decode($thing->{text}); 1 },
               "$where: the example is JSON") or diag($@);
        } elsif ($info eq 'sh') {
            spew("$conf/example.sh", $thing->{text});
            my ($status, $out) = run('sh', '-n', "$conf/example.sh");
            is($status, 0, "$where: a shell can read it") or diag($out);
            unlike($thing->{text}, qr/^healthcode /m,
                   "$where: what can be run is run, in a console fence");
        } elsif ($info eq 'perl suite') {
            is($doc->{name}, 'docs/testing.md', "$where: t/57-kit.t runs it");
        } elsif ($info =~ /^yaml (prometheus|alertmanager)$/) {
            is($doc->{name}, 'docs/monitoring/README.md',
               "$where: make monitoring runs it");
        } elsif ($info eq 'text demo') {
            local $ENV{PORT} = free_port();
            local $ENV{TLS_PORT} = free_port();
            local $ENV{DEMO_ONCE} = 1;
            my ($status, $out) = run('sh', "$ROOT/util/demo.sh");
            $out =~ s/:$ENV{PORT}\/( *)/':8080\/' . ' ' x (length($1)
                + length($ENV{PORT}) - 4)/e;
            is($status, 0, "$where: make demo ends well");
            ok(like_shown($out, $thing->{text}),
               "$where: and prints what is shown")
                or diag("shown:\n$thing->{text}", "printed:\n$out");
        } else {
            is($info, 'text', "$where: the kind of the example is known");
        }
    }
    end_session($s) if $s;

    for my $row (@{ $doc->{rows} }) {
        test_message_row($doc, $row)
            if ($row->{head}[1] // '') eq '`nginx -t` says';
    }
}


# ---- directives and variables ----

my %documented;   # block or '' => name => {line, syntax, default, context}

{
    my $doc = $doc_of{'docs/directives.md'};
    my %at = map { $_->{line} => $_ } @{ $doc->{headings} };
    my ($block, $current) = ('', undef);

    for my $prose (@{ $doc->{prose} }) {
        my ($line, $text) = @$prose;
        if (my $heading = $at{$line}) {
            my ($level, $name) = @$heading{qw(level text)};
            next if $level < 2;
            $current = $documented{ $level == 2 ? '' : $block }{$name} =
                { line => $line };
            $block = $name if $level == 2;
        } elsif ($current && $text =~ /^\*\*(\w+):\*\* \*(.*)\*$/) {
            my ($what, $value) = ($1, $2);
            $current->{$what} = $value =~ s/\\\*/*/gr;
        }
    }
}

for my $block (sort keys %commands) {
    my $name = $block || 'the module';
    is_deeply([ sort keys %{ $documented{$block} } ],
              [ sort keys %{ $commands{$block} } ],
              "docs/directives.md has the directives of $name, and no other");

    for my $directive (sort keys %{ $commands{$block} }) {
        my $doc = $documented{$block}{$directive} or next;
        my $where = "docs/directives.md:$doc->{line}: $directive";
        my @contexts = @{ $commands{$block}{$directive}{contexts} };

        like($doc->{syntax} // '', qr/^\Q$directive\E( .*)?(;|\})$/,
             "$where has a syntax");
        ok((grep { $_->{section} eq $directive && $_->{info} =~ /^nginx \w+$/
                   && $_->{text} =~ /(?:^|[{;])\s*\Q$directive\E[\s;]/m }
            @{ $doc_of{'docs/directives.md'}{fences} }),
           "$where has an example");
        is($doc->{context}, $block || join(', ', @contexts),
           "$where has the contexts of its table");

        my $default = $doc->{default} // '';
        if ($default =~ /;$/) {
            my ($status, $out) = nginx_test(around(
                ($directive =~ /^ssl_/
                 ? 'ssl on; ssl_name a; ssl_trusted_certificate ca.crt; '
                 : $directive =~ /^sentinel_/
                 ? 'sentinel a; ' . join('', map { "server 127.0.0.$_; " } 1 .. 3)
                 : $block || $directive eq 'healthcode' ? '' : 'healthcode on; ')
                . $default, $block));
            is($status, 0, "$where: its default can be written") or diag($out);
            unlike($out, qr/\[(notice|warn)\]/,
                   "$where: and is nothing to remark upon");
        } else {
            like($default, qr/^(no|the store|the name)\b/, "$where has a default");
        }

        # Numbers also agree with the sources.
        my $object = $block ? $block =~ s/^healthcode_//r : 'conf';
        (my $member = $directive) =~ s/^healthcode_//;
        my $number = default_in_source($conf_c, $object, $member);
        if (defined $number && $number =~ /^[1-9]\d*$/) {
            my %unit = (ms => 1, s => 1, m => 60, h => 3600, '' => 1);
            my ($n, $unit) = $default =~ / (\d+)([a-z]*);$/;
            is(($n // -1) * $unit{ $unit // '' }, $number,
               "$where: the default is that of the sources");
        }
    }
}

my %variable = map { $_ => 1 }
    # docs/variables.md has those of a contact under one name
    map { s/^(healthcode_(?:contact|link))_\w+$/$1_NAME/r }
    map { variables(slurp("$SOURCE/nginx/gate/ngx_http_healthcode_$_.c")) }
    qw(variables contact_variable);

is_deeply([ sort map { $_->{text} =~ /^\$(\w+)$/ }
            @{ $doc_of{'docs/variables.md'}{headings} } ],
          [ sort keys %variable ],
          'docs/variables.md has the variables of the module, and no other');

# t/36-counters.t compares these with what a gate shows
my %metric = map { $_ => 1 } map { $_->{cells}[0] =~ /`(\w+)`/g }
    grep { $_->{head}[0] eq 'metric' }
    @{ $doc_of{'docs/monitoring/metrics.md'}{rows} };

for my $doc (@documents) {
    my %seen;
    while ($doc->{text} =~ /(?<![\w\/])(healthcode_[a-z_]+)(?![\w.(])/g) {
        my $name = $1;
        $seen{$name} = 1 if !$commands{''}{$name} && !$variable{$name}
            && !$metric{ $name =~ s/_bucket$//r }
            && !grep { /(.*_)NAME$/ && $name =~ /^\Q$1\E./ } keys %variable;
    }
    is(join(' ', grep { !/_(test)?$/ } sort keys %seen), '',
       "$doc->{name} names only directives and variables that exist");
}


# ---- what else has a source ----

{
    my $doc = $doc_of{'docs/request-path.md'};
    my @rows = map { [ $_->{cells}[0] =~ s/`//gr, @{ $_->{cells} }[1 .. 3] ] }
        grep { $_->{section} eq 'Reasons' } @{ $doc->{rows} };
    my @reasons = reasons(slurp("$SOURCE/core/healthcode_reason.h"));

    cmp_ok(scalar @reasons, '>', 20, 'healthcode_reason.h can be read');
    is_deeply(\@rows, \@reasons,
              'docs/request-path.md has the table of healthcode_reason.h');
}

{
    my (undef, $out) = run('healthcode', 'keygen', '--alg', 'none',
                           '--private', "$conf/none", '--public', "$conf/too");
    my @names = split ' ', $out =~ /write one of: (.*)/ ? $1 : '';
    my $doc = $doc_of{'docs/token-format.md'};

    cmp_ok(scalar @names, '>', 10, 'the command lists its algorithms');
    is_deeply([ sort map { $_->{cells}[0] =~ /`(\w+)`/,
                           $_->{cells}[2] =~ /also called `(\w+)`/ }
                grep { $_->{section} eq 'Algorithms' } @{ $doc->{rows} } ],
              [ sort @names ],
              'docs/token-format.md has the algorithms of the gate');

    my ($section) = $doc_of{'docs/directives.md'}{text}
        =~ /^### algorithms\n(.*?)^#/ms;
    is(join(' ', grep { $section !~ /`$_`/ } @names), '',
       'docs/directives.md has them too');
}

{
    my ($national) = slurp("$SOURCE/core/healthcode_risk.h")
        =~ /define HEALTHCODE_RISK_NATIONAL\s+\\\n(.*?)\n\n/s;
    my @national = $national =~ /"(\w+)"/g;
    my $doc = $doc_of{'docs/redis-keys.md'};

    is($documented{''}{healthcode_deny}{default}, "healthcode_deny @national;",
       'docs/directives.md has the national set of flags');
    is_deeply([ map { $_->{cells}[0] =~ /`(\w+)`/ }
                grep { $_->{section} eq 'healthcode:risk' } @{ $doc->{rows} } ],
              \@national, 'docs/redis-keys.md has it too');

    is_deeply([ sort map { $_->{cells}[0] =~ /`([\w-]+\.lua)`/ }
                grep { $_->{section} eq 'Scripts' } @{ $doc->{rows} } ],
              [ sort map { m{([^/]+)$} } glob "$ROOT/redis-scripts/*.lua" ],
              'docs/redis-keys.md has the scripts');
}

for my $doc (@documents) {
    my @parts = $doc->{text} =~ /^\$ gate=['"](?:\$gate )?([^'"]*)['"]$/mg;
    is(join(' ', @parts), $Healthcode::Redis::GATE_ACL,
       "$doc->{name} gives the gate the rights that the suites give it")
        if @parts;
    unlike($doc->{text}, qr/redis-cli[^\n|]*(?:\\\n[^\n|]*)*(?:>\$\(|--pass|-a )/,
           "$doc->{name} puts no password on a command line");
}

{
    my $help = must('healthcode', '--help');
    my $doc = $doc_of{'docs/operations.md'};
    my @parts = $help =~ /^ {4}healthcode (\w+) {2,}\S/mg;
    is_deeply([ map { $_->{cells}[0] =~ /`healthcode (\w+)`/ }
                grep { $_->{section} eq 'The command' } @{ $doc->{rows} } ],
              \@parts, 'docs/operations.md has the parts of the command');
}

{
    my $makefile = slurp("$ROOT/Makefile");
    my %targets = map { $_ => 1 } map { split ' ' }
        $makefile =~ /^([\w -]+):(?!=)/mg;
    for my $doc (@documents) {
        my %named = map { $_ => 1 }
            $doc->{text} =~ /(?:^|`)(?:\w+=\S+ )?make ([a-z][a-z-]*)/mg;
        delete $named{modules};   # nginx's own
        is(join(' ', grep { !$targets{$_} } sort keys %named), '',
           "$doc->{name} names only targets that the Makefile has");
    }
}


for my $place ([ 'Where it is', 40, "$SOURCE/*/*.c $SOURCE/*/*/*.c" ],
               [ 'Beside the module', 5, "$ROOT/tools/*/*.c" ]) {
    my ($section, $least, $where) = @$place;
    my $doc = $doc_of{'docs/architecture.md'};
    my %named = map { $_ => 1 } map { map { /`([\w*]+)`/g } @{ $_->{cells} } }
        grep { $_->{section} eq $section } @{ $doc->{rows} };
    cmp_ok(scalar keys %named, '>', $least, 'docs/architecture.md names files');
    my @files = map { m{healthcode_(\w+)\.c$} } glob $where;
    my @lost = grep { my $like = s/\*/\\w+/gr; !grep { /^$like$/ } @files }
        sort keys %named;
    is("@lost", '', 'and each of them is there');
}


# util/bench_report.pl writes between these marks.
for my $place ([ 'benchmarks', qw(gate) ],
               [ 'benchmarks-tables', qw(gate many holders connections cluster) ]) {
    my ($name, @parts) = @$place;
    my $text = $doc_of{"docs/$name.md"}{text};
    is(join(' ', $text =~ m{^<!-- (\w+) -->\n\n.*?\n\n<!-- /\1 -->$}msg), "@parts",
       "docs/$name.md has the parts that make bench writes");
}


# ---- references, links, style ----

{
    my %headings = map { my $doc = $_; $doc->{name} => {
        map { $_->{text} => 1 } @{ $doc->{headings} } } } @documents;
    my @sources = split /\0/, join "\0", grep { -f && !m{/(build|\.deps)/} }
        map { glob "$ROOT/$_" } qw(ngx_http_healthcode_module/*/*.[ch]
            ngx_http_healthcode_module/*/*/*.[ch]
            tools/*/*.[ch] redis-scripts/*.lua util/* config Makefile
            t/*.t t/lib/*.pm t/lib/*/*.pm t/*/*.[ch] t/*/lib/*/*.pm
            t/*/lib/*/*/*.pm tools/perl/testbed tools/perl/Test/Nginx/*.pm
            tools/perl/Test/Nginx/*/*.pm);
    my $count = 0;

    for my $source (@sources) {
        next if $source =~ m{/(40-docs\.t|Docs\.pm)$};
        for my $reference (references(slurp($source))) {
            my ($name, $heading) = @$reference;
            my $short = $source =~ s{^\Q$ROOT\E/}{}r;
            $count++;
            next if $headings{$name}
                && (!defined $heading || $headings{$name}{$heading});
            fail("$short: $name" . (defined $heading ? ", \"$heading\"" : '')
                 . ' exists');
        }
    }
    cmp_ok($count, '>', 40, 'the references of the sources were followed');
}

for my $doc (@documents) {
    for my $link (@{ $doc->{links} }) {
        my ($path, $anchor) = split /#/, $link->{to}, 2;
        my $where = "$doc->{name}:$link->{line}: $link->{to}";
        next if $path =~ m{^https?://};

        my ($folder) = $doc->{name} =~ m{^(.*/)?[^/]*$};
        my $target = $path eq '' ? $doc->{name} : ($folder // '') . $path;
        1 while $target =~ s{[^/]+/\.\./}{};

        if (!-e "$ROOT/$target") { fail("$where exists"); next }
        next if !defined $anchor;
        my ($other) = grep { $_->{name} eq $target } @documents;
        ok($other && (grep { anchor($_->{text}) eq $anchor }
                      @{ $other->{headings} }), "$where leads to a heading");
    }

    unlike($doc->{text}, qr/[^\x00-\x7f]/, "$doc->{name} is plain ASCII");
    unlike($doc->{text}, qr{/tmp/|/home/|/root/},
           "$doc->{name} has no paths of one machine");
    is(join(' ', map { $_->[0] }
            grep { length $_->[1] > 100 && $_->[1] !~ /^\||^\*\*syntax/ }
            @{ $doc->{prose} }), '',
       "$doc->{name} has no line over 100 columns");

    my @contents = map { /^\s*\* / ? /\[([^\]]+)\]\(#/g : () }
        map { $_->[1] } @{ $doc->{prose} };
    next if !@contents;
    my @sections = map { $_->{text} } grep { $_->{level} == 2
        && $_->{text} ne 'Contents' } @{ $doc->{headings} };
    my %listed = map { $_ => 1 } @contents;
    is(join(', ', grep { !$listed{$_} } @sections), '',
       "$doc->{name} lists its sections");
}

done_testing();
