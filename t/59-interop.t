# Whether make interop can be believed: programs that stand for implementations
# of HS256, of which one is right and the others err in one thing each.
# CONTRIBUTING.md, "Other implementations".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp ();
use Test::More;

use Healthcode::Process;

my $ROOT = "$FindBin::Bin/..";

my $HONEST = <<'END';
#!/usr/bin/perl
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 sha256);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);

my $json = JSON::PP->new->utf8->canonical;
my %key = (kty => 'oct', alg => 'HS256', k => encode_base64url('k' x 32));

sub code {
    my ($key, @parts) = @_;
    my $text = join '.', map { encode_base64url($json->encode($_)) } @parts;
    return "$text." . encode_base64url(hmac_sha256($text, decode_base64url($key->{k})));
}

sub holds {
    my ($key, $code) = @_;
    my ($text, $tag) = $code =~ /^(.*)\.(.*)$/;
    return $tag eq encode_base64url(hmac_sha256($text, decode_base64url($key->{k})));
}

my %can = (
    about => sub { { name => 'fake', version => 1, algorithms => ['HS256'] } },
    make => sub { $key{kid} = $_[0]{kid};
                  return { private => \%key, keys => $json->encode({ keys => [ \%key ] }) } },
    sign => sub { { code => code(@{ $_[0] }{qw(key header claims)}) } },
    verify => sub {
        my ($key, $code) = @{ $_[0] }{qw(key code)};
        return holds($key, $code)
            ? { claims => $json->decode(decode_base64url((split /\./, $code)[1])) }
            : { refused => 1 };
    },
    thumbprint => sub { { thumbprint => encode_base64url(sha256(
        qq({"k":"$_[0]{key}{k}","kty":"oct"}))) } },
);
#CHANGE
$| = 1;
while (<STDIN>) {
    my $ask = $json->decode($_);
    print $json->encode($can{ $ask->{do} }->($ask)), "\n";
}
END


# (exit status, output) with these programs, NAME => lines of Perl that change
# the honest one, and what is run of them.
sub interop {
    my ($programs, @names) = @_;
    my $dir = File::Temp->newdir('healthcode-fakes-XXXXXXXX', TMPDIR => 1);
    for my $name (keys %$programs) {
        open my $file, '>', "$dir/$name" or die "$name: $!\n";
        print {$file} $HONEST =~ s/^#CHANGE$/$programs->{$name}/mr;
        close $file or die "$name: $!\n";
        chmod 0755, "$dir/$name";
    }
    local $ENV{INTEROP_PROGRAMS} = "$dir";
    my $process = Healthcode::Process->spawn([ "$ROOT/util/interop.pl", @names ]);
    my $status = $process->wait(120) // die "interop.pl: no end\n";
    return ($status >> 8 || $status, $process->output);
}


sub failures { return join "\n", $_[0] =~ /^FAILED - (.*)$/mg }


my ($status, $out) = interop({ 'a.pl' => '' }, 'a.pl');
is($status, 0, 'an implementation that is right passes') or diag($out);
like($out, qr/^fake 1 +9 passed, 0 failed; it has no HS384 /m,
     'with what was tried, and what it has not');
like($out, qr/\Ainterop: 11 passed, 0 failed\n\z|\ninterop: 11 passed, 0 failed\n\z/,
     'and what a gate said, in the totals');

for my $row (
    [ 'takes any signature', 'no warnings; *holds = sub { 1 };',
      qr/\AHS256: a code of ours by the key of fake 1, spoilt, is refused by fake 1\nHS256: a code of ours, spoilt, is refused by fake 1\z/ ],
    [ 'takes none', 'no warnings; *holds = sub { 0 };',
      qr/\AHS256: a code of ours by the key of fake 1 is taken by fake 1\nHS256: a code of ours is taken by fake 1\z/ ],
    [ 'reads other claims', 'my $verify = $can{verify}; $can{verify} = sub {
        my $said = $verify->(@_); $said->{claims}{sub} .= "x" if $said->{claims}; $said };',
      qr/\AHS256: a code of ours by the key of fake 1 is taken by fake 1\nHS256: a code of ours is taken by fake 1\z/ ],
    [ 'signs something else', 'my $sign = $can{sign}; $can{sign} = sub {
        my $said = $sign->(@_); $said->{code} =~ tr/a-y/b-z/; $said };',
      qr/\AHS256: a code of fake 1 is taken by us\n(?s:.*)HS256: a code of fake 1 by our key is taken by us\n(?s:.*)a gate opens to a-HS256\n/ ],
    [ 'exports another key', 'my $make = $can{make}; $can{make} = sub {
        my $said = $make->(@_); $said->{keys} =~ s/"k":"\K..../AAAA/; $said };',
      qr/\AHS256: a code of fake 1 is taken by us\n/ ],
    [ 'has another thumbprint', '$can{thumbprint} = sub { { thumbprint => "x" } };',
      qr/\AHS256: the thumbprint of fake 1\z/ ],
    [ 'says no JSON', '$can{verify} = sub { print "what? "; {} };',
      qr/\AHS256: a code of ours by the key of fake 1 is taken by fake 1\n/ ],
    [ 'ends', '$can{sign} = sub { exit 1 };', qr/\AHS256: fake 1\n/ ],
    [ 'does not start', 'exit 1;', qr/\Aa\.pl answers\z/ ],
    [ 'refuses by an error alone', 'no warnings; my $verify = $can{verify};
        $can{verify} = sub { my $said = $verify->(@_);
                             $said->{refused} ? { error => "what?" } : $said };',
      qr/\AHS256: a code of ours by the key of fake 1, spoilt, is refused by fake 1\n/ ],
) {
    my ($what, $change, $wanted) = @$row;
    ($status, $out) = interop({ 'a.pl' => $change }, 'a.pl');
    is($status, 1, "one that $what fails");
    like(failures($out), $wanted, 'and it is told in which') or diag($out);
}

($status, $out) = interop({ 'a.pl' => '$can{thumbprint} = sub { { none => 1 } };' }, 'a.pl');
is($status, 0, 'one without thumbprints passes');
like($out, qr/^not applicable: fake 1 makes no thumbprint: 1\ninterop: 10 passed, 0 failed, 1 not applicable$/m,
     'and what it cannot do is named and counted');

($status, $out) = interop({ 'a.pl' => '', 'b.pl' => '' });
is($status, 1, 'all of them have to have every algorithm');
is(scalar(() = $out =~ /^FAILED - \S+: 2 implementations\n    there are 0$/mg), 13,
   'so that none can go untried');
unlike($out, qr/^FAILED - HS256/m, 'which two of them do for one');

($status, $out) = interop({});
is($status, 1, 'without any nothing passes');
like($out, qr/^interop: 0 passed, 14 failed$/m, 'and says so');

done_testing();
