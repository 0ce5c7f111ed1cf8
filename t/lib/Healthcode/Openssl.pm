# RSA keys, certificates and signatures (RS256) by the command openssl: key sets
# and tokens of other issuers, with any header and payload, so that no mistake of
# the module or the command is repeated here.

package Healthcode::Openssl;

use strict;
use warnings;

use MIME::Base64 qw(encode_base64);

use Healthcode::Jws qw(b64 json);
use Healthcode::Process;


# new(DIR): keys lie in this folder.
sub new {
    my ($class, $dir) = @_;
    return bless { dir => $dir, n => 0 }, $class;
}


sub _run {
    my (@args) = @_;
    my $process = Healthcode::Process->spawn([ 'openssl', @args ]);
    my $status = $process->wait(60) // die "openssl @args: no end\n";
    die "openssl @args: ", $process->output if $status;
    return $process->output;
}


sub _slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}


# A new key of 2048 bits: {pem, n, e, x5c}, the path of the private key and what
# a JWK says of the public one; x5c is that of a certificate of its own.
sub rsa {
    my ($self) = @_;
    my $pem = "$self->{dir}/rsa-" . ++$self->{n} . '.pem';

    _run('genpkey', '-quiet', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048',
         '-out', $pem);
    my ($n) = _run('rsa', '-in', $pem, '-noout', '-modulus') =~ /Modulus=([0-9A-F]+)/;
    _run('req', '-x509', '-new', '-key', $pem, '-subj', '/CN=issuer', '-days', 30,
         '-outform', 'DER', '-out', "$pem.der");

    return { pem => $pem, n => b64(pack 'H*', $n), e => 'AQAB',
             x5c => encode_base64(_slurp("$pem.der"), '') };
}


# A code of these members of header and payload, signed by this key.
sub code {
    my ($self, $key, $header, $claims) = @_;
    my $text = b64(json($header)) . '.' . b64(json($claims));
    my $file = "$self->{dir}/text";

    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    _run('dgst', '-sha256', '-sign', $key->{pem}, '-out', "$file.sig", $file);

    return $text . '.' . b64(_slurp("$file.sig"));
}

1;
